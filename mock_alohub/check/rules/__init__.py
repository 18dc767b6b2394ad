"""The catalogue: every rule a partner's endpoint is held to, by family, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Final

from mock_alohub.check.rule import Rule
from mock_alohub.errors import UnknownName
from mock_alohub.names import RULE_FAMILIES

RULES: Final[tuple[Rule, ...]] = tuple(
    rule for family in RULE_FAMILIES for rule in import_module(f"{__name__}.{family}").RULES
)
BY_ID: Final = {rule.id: rule for rule in RULES}
FAMILIES: Final = RULE_FAMILIES


def named(names: Iterable[str]) -> frozenset[str]:
    """The ids of the rules that `names` (ids or families) stand for. Raises `UnknownName`."""
    found: set[str] = set()
    for name in names:
        members = {rule.id for rule in RULES if name in (rule.id, rule.family)}
        if not members:
            raise UnknownName("rule", name, (*BY_ID, *FAMILIES), hint="mock-alohub rules lists them")
        found |= members
    return frozenset(found)
