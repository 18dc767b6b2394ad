"""What of a foreign document could not be used, in few sentences: what is said of many webhooks is said once."""

from __future__ import annotations

from typing import Final

_NAMED: Final = 3
"""So many webhooks are named; of more, the others are counted."""


class Notes:
    """Remarks about webhooks, in the order in which they were made."""

    def __init__(self) -> None:
        self._told: dict[tuple[bool, str], list[str]] = {}

    def tell(self, webhook: str, what: str) -> None:
        """Say `what` of `webhook`, which is there all the same."""
        self._told.setdefault((False, what), []).append(webhook)

    def leave_out(self, webhook: str, why: str) -> None:
        """Say that `webhook` cannot be used, and why."""
        self._told.setdefault((True, why), []).append(webhook)

    def sentences(self) -> tuple[str, ...]:
        """One sentence for each remark; what is left out comes first."""
        ordered = sorted(self._told.items(), key=lambda item: not item[0][0])
        return tuple(_sentence(webhooks, what, is_out=is_out) for (is_out, what), webhooks in ordered)


def _sentence(webhooks: list[str], what: str, *, is_out: bool) -> str:
    several = len(webhooks) > 1
    named = ", ".join(webhooks[:_NAMED])
    more = f" and {len(webhooks) - _NAMED} more" if len(webhooks) > _NAMED else ""
    verb = (" are" if several else " is") + " left out" if is_out else ""
    return f"webhook{'s'[:several]} {named}{more}{verb}: {what}"
