"""Schemathesis as the source of generated bodies: the one place that knows its interface.

Schemathesis reads `paths`, not `webhooks`, so a webhook becomes an operation of a document of its own. Only bodies are
taken from it: the method, the URL and the key are the contract's.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from mock_alohub.errors import MissingExtra
from mock_alohub.specification.imported.outline import outline
from mock_alohub.specification.webhook import Webhook

if TYPE_CHECKING:
    from hypothesis import Phase, settings
    from hypothesis.strategies import SearchStrategy
    from schemathesis import APIOperation

_PATH: Final = "/webhook"


@dataclass(frozen=True, slots=True)
class GeneratedBody:
    """A body as it was generated: a JSON value or, where the generator breaks JSON itself, bytes."""

    body: Any
    says: str


def demand() -> None:
    """Raise `MissingExtra` unless schemathesis is installed."""
    # Looked for, not imported: that takes as long as everything else together, and one that is there but broken must
    # not read as one that is missing.
    if find_spec("schemathesis") is None:
        raise MissingExtra("generated messages (robust.generated)", "contract")


def valid_drafts(webhook: Webhook) -> SearchStrategy[GeneratedBody]:
    """Bodies that the webhook's schema accepts. Unknown fields are left out: a rule of their own tries them."""
    from schemathesis import GenerationMode

    operation = _operation(webhook, {**_schema(webhook), "additionalProperties": False})
    cases = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    return cases.map(lambda case: GeneratedBody(case.body, "generated, as the specification has it"))


def _schema(webhook: Webhook) -> dict[str, Any]:
    return dict(outline(webhook) if webhook.drawn else webhook.schema)


def invalid_drafts(webhook: Webhook) -> SearchStrategy[GeneratedBody]:
    """Bodies that are meant to break the webhook's schema; whether one does is for the validator to say."""
    from schemathesis import GenerationMode

    operation = _operation(webhook, _schema(webhook))
    cases = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return cases.map(lambda case: GeneratedBody(case.body, "generated, against the specification"))


@cache
def drawn_valid(webhook: Webhook, seed: int, count: int) -> tuple[GeneratedBody, ...]:
    """What `draw` gives of `valid_drafts`. Drawn once: do not change the bodies."""
    return tuple(draw(valid_drafts(webhook), seed, count))


@cache
def drawn_invalid(webhook: Webhook, seed: int, count: int) -> tuple[GeneratedBody, ...]:
    """What `draw` gives of `invalid_drafts`. Drawn once: do not change the bodies."""
    return tuple(draw(invalid_drafts(webhook), seed, count))


@cache
def boundary_drafts(webhook: Webhook) -> tuple[GeneratedBody, ...]:
    """One body for each way to break each keyword of the schema, always the same, in the order of the schema.

    Made once for a webhook: do not change the bodies.
    """
    from schemathesis import GenerationMode
    from schemathesis.config import GenerationConfig
    from schemathesis.core import NOT_SET

    operation = _operation(webhook, _schema(webhook))
    with _quietly():
        cases = operation.schema.iter_coverage_cases(
            operation, generation_modes=[GenerationMode.NEGATIVE], generation_config=GenerationConfig()
        )
        # The same document is also tried with other methods and without its body: rules of the catalogue do that.
        return tuple(
            GeneratedBody(case.body, f"generated: {_described(case)}")
            for case in cases
            if case.method.upper() == webhook.method and case.body is not NOT_SET
        )


def _described(case: Any) -> str:
    return str(getattr(case.meta.phase.data, "description", None) or "against the specification")


def draw(drafts: SearchStrategy[GeneratedBody], seed: int, count: int) -> list[GeneratedBody]:
    """`count` of `drafts` (fewer where there are not so many), the same for the same seed. Takes about 20 ms each."""
    from hypothesis import Phase, given
    from hypothesis import seed as seeded
    from hypothesis.errors import Unsatisfiable

    if count < 1:
        return []
    drawn: list[GeneratedBody] = []

    @seeded(seed)
    @_settings(count, Phase.generate)
    @given(drafts)
    def collect(draft: GeneratedBody) -> None:
        drawn.append(draft)

    with _quietly(), suppress(Unsatisfiable):
        collect()
    return drawn[:count]


def smallest(
    drafts: SearchStrategy[GeneratedBody], breaks: Callable[[GeneratedBody], bool], seed: int, count: int
) -> GeneratedBody | None:
    """The smallest of `drafts` for which `breaks` holds, None when it holds for none of the `count` that are drawn.

    Once one is found, at most `SHRINKS` smaller ones are tried.
    """
    from hypothesis import Phase, given
    from hypothesis import seed as seeded
    from hypothesis.errors import Flaky, Unsatisfiable

    found: list[GeneratedBody] = []
    left = SHRINKS

    @seeded(seed)
    @_settings(count, Phase.generate, Phase.shrink)
    @given(drafts)
    def attempt(draft: GeneratedBody) -> None:
        nonlocal left
        left -= bool(found)
        if left < 0:
            raise _Enough
        if breaks(draft):
            found.append(draft)
            raise _Broken

    # Flaky: what broke once and not again still broke once.
    with _quietly(), suppress(_Broken, _Enough, Flaky, Unsatisfiable):
        attempt()
    return min(found, key=lambda draft: len(repr(draft.body)), default=None)


SHRINKS: Final = 200


class _Broken(Exception):
    """Ends one attempt of `smallest`."""


class _Enough(BaseException):
    """Ends all of them: the generator passes on what is no `Exception`."""


def _settings(count: int, *phases: Phase) -> settings:
    """No database, no clock, no health checks: this is a source of drafts, and slowness is the caller's business."""
    from hypothesis import HealthCheck, Verbosity, settings

    return settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=phases,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Without warnings about the generator's own inner life, and without `.hypothesis` in the user's folder."""
    from hypothesis import configuration

    before = configuration.storage_directory(intent_to_write=False).home_directory
    with warnings.catch_warnings(), TemporaryDirectory(prefix="mock-alohub-") as folder:
        warnings.simplefilter("ignore")
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)


def _operation(webhook: Webhook, schema: dict[str, Any]) -> APIOperation[Any, Any, Any, Any]:
    import schemathesis

    # References inside a schema are read from the root of the document, so that is where their targets go.
    own = {name: value for name, value in schema.items() if name != "$defs"}
    request = {"required": True, "content": {webhook.content_type: {"schema": own}}}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": webhook.title, "version": "1"},
        "paths": {
            _PATH: {webhook.method.lower(): {"requestBody": request, "responses": {"200": {"description": "Taken"}}}}
        },
    }
    if "$defs" in schema:
        document["$defs"] = schema["$defs"]
    # A config of our own: otherwise a schemathesis.toml of the user's, meant for another API, would apply.
    loaded = schemathesis.openapi.from_dict(document, config=schemathesis.Config())
    return loaded[_PATH][webhook.method]
