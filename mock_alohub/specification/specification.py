"""The loaded specification: the webhooks of `openapi.yaml` with schema, examples, security and policy.

Nothing about a payload, a deadline, a retry or an acknowledging status is written anywhere else. Schemas may lie in
several files; `Webhook.schema` has every reference put in its place, so it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

from mock_alohub import bundle
from mock_alohub.errors import BadSpecification, UnknownName
from mock_alohub.specification.delivery_terms import check_delivery
from mock_alohub.specification.references import document_at, inlined
from mock_alohub.specification.webhook import Json, Webhook, with_method

_VERBS: Final = ("post", "get", "put", "patch")

DEFAULT: Final = ("alohub.call-ended", "alohub.auto-call")
"""The webhooks that are meant when none is named: a partner has one provider, and this is the first there was."""


@dataclass(frozen=True, slots=True, eq=False)
class Specification:
    """All webhooks by name, and the whole document they come from."""

    document: Mapping[str, Json]
    webhooks: Mapping[str, Webhook]
    notes: tuple[str, ...] = ()
    """What of the document could not be used, in sentences for its reader."""

    @classmethod
    @cache
    def load(cls, path: Path | None = None) -> Specification:
        """The specification at `path` (default: the bundled `openapi.yaml`). Raises `BadSpecification`."""
        source = path or bundle.path("openapi.yaml")
        files: dict[Path, Json] = {}
        document = document_at(source, files)
        if not isinstance(document, dict) or not isinstance(document.get("webhooks"), dict):
            raise BadSpecification(f"{source} describes no webhooks", hint="wanted: OpenAPI 3.1 with `webhooks:`")
        documents = document.get("x-documents", {})
        webhooks = {
            name: _webhook(name, item, source, files, documents.get(name.partition(".")[0], {}))
            for name, item in document["webhooks"].items()
        }
        return cls(document, webhooks)

    def webhook(self, name: str) -> Webhook:
        """The webhook called `name`. Raises `UnknownName`."""
        try:
            return self.webhooks[name]
        except KeyError:
            raise UnknownName("webhook", name, self.webhooks) from None

    def names(self, wanted: str) -> tuple[str, ...]:
        """The webhooks that `wanted` stands for: a name, a provider (`alohub`), or a pattern (`*.call-*`).

        Raises `UnknownName`.
        """
        found = tuple(
            name
            for name, webhook in self.webhooks.items()
            if wanted in {name, webhook.provider} or fnmatchcase(name, wanted)
        )
        if not found:
            providers = dict.fromkeys(webhook.provider for webhook in self.webhooks.values())
            raise UnknownName("webhook", wanted, (*self.webhooks, *providers))
        return found


def all_with_method(specification: Specification, names: Iterable[str], method: str) -> Specification:
    """`specification` with the webhooks called `names` sent by `method`. Raises `UnknownName`."""
    return with_webhooks(specification, (with_method(specification.webhook(name), method) for name in names))


def with_webhooks(specification: Specification, changed: Iterable[Webhook]) -> Specification:
    """`specification` with the webhooks of `changed` in place of those with their names."""
    return replace(specification, webhooks={**specification.webhooks, **{one.name: one for one in changed}})


def _webhook(
    name: str, item: Mapping[str, Json], source: Path, files: dict[Path, Json], documents: Mapping[str, Json]
) -> Webhook:
    place = f"{source}: webhook {name}"
    try:
        method, operation = next((verb, item[verb]) for verb in _VERBS if verb in item)
        content_type, media = next(iter(operation["requestBody"]["content"].items()))
        schema = inlined(media["schema"], source, files)
        examples = {key: example["value"] for key, example in media.get("examples", {}).items()}
        title, delivery = operation["summary"], operation["x-delivery"]
    except StopIteration:
        raise BadSpecification(f"{place} has no operation ({', '.join(_VERBS)}) with a request body") from None
    except KeyError as error:
        raise BadSpecification(f"{place} lacks {error}") from None
    except (AttributeError, TypeError) as error:
        raise BadSpecification(f"{place} is not shaped as OpenAPI wants it: {error}") from None
    check_delivery(delivery, place)
    return Webhook(
        name=name,
        provider=name.partition(".")[0],
        title=title,
        description=operation.get("description", ""),
        method=method.upper(),
        content_type=content_type,
        key_header=_key_header(operation, files[source], place),
        schema=schema,
        examples=examples,
        delivery=delivery,
        methods=tuple(verb.upper() for verb in dict.fromkeys((method, *_VERBS)) if verb in item),
        documents={topic: (one["document"], one["section"]) for topic, one in documents.items()},
        worded=operation.get("x-body-template") is True,
    )


def _key_header(operation: Mapping[str, Json], document: Mapping[str, Json], place: str) -> str | None:
    schemes = document.get("components", {}).get("securitySchemes", {})
    for name in (name for requirement in operation.get("security", ()) for name in requirement):
        if name not in schemes:
            raise BadSpecification(f"{place}: the security scheme `{name}` is not described under components")
        if schemes[name].get("type") == "apiKey" and schemes[name].get("in") == "header":
            return str(schemes[name]["name"])
    return None
