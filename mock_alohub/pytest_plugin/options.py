"""The options of the pytest plugin, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mock_alohub.check.effects import parse_effects
from mock_alohub.check.rules import BY_ID, named
from mock_alohub.check.single_case import RuleCase, rule_cases
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.errors import BadOption
from mock_alohub.messages.endpoint import Key, parse_url
from mock_alohub.messages.policy import seconds
from mock_alohub.providers.provider import spelling_of
from mock_alohub.pytest_plugin.harness import HarnessOptions
from mock_alohub.specification.body_template import all_worded, wording_in
from mock_alohub.specification.imported import webhooks as foreign
from mock_alohub.specification.imported.security import key_for
from mock_alohub.specification.respelling import respelled
from mock_alohub.specification.specification import DEFAULT, Specification, all_with_method

_LARGEST: Final[Mapping[str, int]] = {"burst": 1_000, "generated": 10_000, "seed": 2**63 - 1}


@dataclass(frozen=True, slots=True, repr=False)
class Options:
    """What the command line and the environment ask for. `url` is "" where there is none, `key` None likewise."""

    url: str
    key: str | None
    strict: bool
    subjects: tuple[WebhookUnderTest, ...]
    rules: frozenset[str]
    wishes: HarnessOptions

    def rule_cases(self) -> Iterator[RuleCase]:
        """Every case of every chosen rule, in the order in which they are to be tried."""
        return rule_cases(self.subjects, self.rules)


def options_of(values: Mapping[str, Any], environment: Mapping[str, str]) -> Options:
    """The options in `values` (pytest's own, `alohub_…`) and `environment` (`MOCK_ALOHUB_…`). Raises a `Mistake`.

    What can be repeated or switched on is read from the command line alone.
    """

    def given(name: str) -> Any:
        return values.get(f"alohub_{name}") or environment.get(f"MOCK_ALOHUB_{name.upper()}") or None

    def several(name: str) -> tuple[str, ...]:
        return tuple(values.get(f"alohub_{name}") or ())

    url, key = given("url") or "", given("key")
    if url:
        parse_url(url)
    if key:
        Key(key)
    described = foreign.load(Path(given("spec"))) if given("spec") else None
    specification = respelled(described or Specification.load(), dict(map(spelling_of, several("status_spelling"))))
    wanted = several("webhook") or (tuple(described.webhooks) if described else DEFAULT)
    names = tuple(dict.fromkeys(name for one in wanted for name in specification.names(one)))
    specification = all_worded(specification, names, map(wording_in, several("body_template")))
    method = given("method")
    if method:
        specification = all_with_method(specification, names, method)
    if key and described:
        key = key_for((specification.webhook(name) for name in names), key)
    chosen = named(several("rule")) if several("rule") else frozenset(BY_ID)
    wishes = HarnessOptions(
        seed=_whole("seed", given("seed"), 0),
        effects=parse_effects(given("effects")) if given("effects") else None,
        effects_wait_s=seconds(given("effects_wait") or "2s"),
        burst=_whole("burst", given("burst"), 20, least=1),
        generated=_whole("generated", given("generated"), 100),
        insecure=bool(values.get("alohub_insecure")),
    )
    return Options(
        url=url,
        key=key,
        strict=bool(values.get("alohub_strict")),
        subjects=tuple(under_test(specification.webhook(name)) for name in names),
        rules=chosen - named(several("skip_rule")),
        wishes=wishes,
    )


def _whole(name: str, text: str | None, default: int, *, least: int = 0) -> int:
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not least <= number <= _LARGEST[name]:
        raise BadOption(
            f"--alohub-{name} `{text}` is not allowed; allowed: a whole number from {least} to {_LARGEST[name]:,}"
        )
    return number
