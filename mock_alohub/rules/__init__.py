"""The catalogue: every rule a partner's endpoint is held to, by family, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mock_alohub.errors import UnknownName
from mock_alohub.rule import Rule
from mock_alohub.rules import ack, auth, compat, deadline, http, idempotency, order, robust, signatures

RULES: Final[tuple[Rule, ...]] = (
    *ack.RULES,
    *deadline.RULES,
    *auth.RULES,
    *signatures.RULES,
    *idempotency.RULES,
    *order.RULES,
    *compat.RULES,
    *robust.RULES,
    *http.RULES,
)
BY_ID: Final = {rule.id: rule for rule in RULES}
FAMILIES: Final = tuple(dict.fromkeys(rule.family for rule in RULES))


def named(names: Iterable[str]) -> frozenset[str]:
    """The ids of the rules that `names` (ids or families) stand for. Raises `UnknownName`."""
    found: set[str] = set()
    for name in names:
        members = {rule.id for rule in RULES if name in (rule.id, rule.family)}
        if not members:
            raise UnknownName("rule", name, (*BY_ID, *FAMILIES), hint="mock-alohub rules lists them")
        found |= members
    return frozenset(found)
