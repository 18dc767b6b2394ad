"""The options of `send` and `generate` that say which calls are wanted and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from mock_alohub.calls.call import Direction, Moment, Outcome, Party
from mock_alohub.cli.later import Later
from mock_alohub.cli.option import Parsed, WholeNumber, one_of, option
from mock_alohub.cli.options import about_calls

Verb = TypeVar("Verb", bound=Callable[..., Any])

MOMENTS: Final[Mapping[str, Moment]] = {"running": Moment.ANSWERED, **{one.value: one for one in Moment}}
_CHANGE: Final = Parsed("FIELD=VALUE", Later("mock_alohub.cli.actions.drawing:change"))

_OPTIONS: Final = (
    option("--outcome", type=one_of("outcome", Outcome), callback=about_calls, metavar="OUTCOME",
           help=f"How the calls went: {', '.join(Outcome)}.  [default: drawn]"),
    option("--direction", type=one_of("direction", Direction), callback=about_calls, metavar="DIRECTION",
           help=f"Who dialled: {', '.join(Direction)}.  [default: drawn]"),
    option("--ended-by", type=one_of("party", Party), callback=about_calls, metavar="PARTY",
           help=f"Who ended the calls: {', '.join(Party)}.  [default: drawn]"),
    option("--moment", type=one_of("moment", MOMENTS), callback=about_calls, metavar="MOMENT",
           help=f"Only what is said of a call at this moment: {', '.join(MOMENTS)}.  [default: all that is said]"),
    option("--set", "changes", multiple=True, lines=True, pair="=", type=_CHANGE,
           metavar="FIELD=VALUE", help="Set a field to a text, or with FIELD:=JSON to any JSON. Repeatable."),
    option("--unset", "removals", multiple=True, metavar="FIELD", help="Leave a field out. Repeatable."),
)  # fmt: skip


def wish_options(verb: Verb) -> Verb:
    """The options that say what calls are wanted."""
    for declare in reversed(_OPTIONS):
        verb = declare(verb)
    return verb


def count_option(default: int) -> Callable[[Verb], Verb]:
    """How many calls there are."""
    return option(
        "-n",
        "--count",
        type=WholeNumber(1),
        default=default,
        show_default=True,
        metavar="N",
        help="How many calls; a webhook may say several things about one.",
    )
