"""The options of `load`: what is offered, what is allowed, where it is sent from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from mock_alohub.cli import options
from mock_alohub.cli.later import Later
from mock_alohub.cli.option import Parsed, WholeNumber, one_of, option
from mock_alohub.load.profiles import NAMES
from mock_alohub.load.usual import ARRIVALS, MASTER_PORT

Verb = TypeVar("Verb", bound=Callable[..., Any])

MOST_WORKERS: Final = 64
_RATE: Final = Parsed("N", Later("mock_alohub.cli.actions.load_values:number"))
_WAIT: Final = Parsed("DURATION", Later("mock_alohub.messages.policy:seconds"))
_PERCENT: Final = Parsed("PERCENT", Later("mock_alohub.cli.actions.load_values:percent"))
_PLACE: Final = Parsed("HOST[:PORT]", Later("mock_alohub.cli.actions.load_values:place"))

_OFFER: Final = (
    option("--rate", type=_RATE, metavar="N",
           help="Calls per second, the most the profile reaches; where --find-capacity begins.  [default: 10]"),
    option("--duration", "duration_s", type=options.DURATION, metavar="DURATION",
           help="How long calls depart, e.g. 30s or 10m.  [default: what suits the profile; steady 30s]"),
    option("--profile", type=one_of("profile", NAMES), default=NAMES[0], show_default=True,
           metavar="PROFILE", help="How the rate goes over time; see below."),
    option("--arrivals", type=one_of("arrivals", ARRIVALS), default=ARRIVALS[0], show_default=True,
           metavar="|".join(ARRIVALS), help="By chance, as calls come, or evenly."),
    options.spec_option,
    options.webhook_option((options.CALL_ENDED,), "A webhook to send; several are mixed. Repeatable."),
    options.template_option,
    options.method_option,
    option("--retries/--no-retries", default=True, show_default=True,
           help="Whether calls that fail come back, as the provider retries them."),
    option("--time-scale", type=_RATE, default="1", show_default=True, metavar="N",
           help="Divide the provider's waits before retries by N."),
    option("--drain", "drain_s", type=_WAIT, default="30s", show_default=True,
           metavar="DURATION", help="How long to wait for the last retries after the last departure."),
    options.seed_option("Draw the same calls at the same moments again; the seed is in every report."),
)  # fmt: skip
_CAPACITY: Final = (
    option("--find-capacity", is_flag=True, help="Search the highest rate that holds, with calls at a steady rate."),
    option("--max-rate", type=_RATE, metavar="N",
           help="Allow up to N calls per second.  [default: 20000; 1000 beyond private networks]"),
    option("--max-duration", "max_duration_s", type=options.DURATION, metavar="DURATION",
           help="Allow runs as long as that.  [default: 24h; 10m beyond private networks]"),
    option("--time-budget", "time_budget_s", type=options.DURATION, default="5m", show_default=True, metavar="DURATION",
           help="How long --find-capacity may search."),
)  # fmt: skip
_LIMITS: Final = (
    option("--max-late", type=_PERCENT, default="0%", show_default=True, metavar="PERCENT",
           help="First attempts that may miss the deadline."),
    option("--max-refused", type=_PERCENT, default="0%", show_default=True, metavar="PERCENT",
           help="First attempts that may be answered with another status than the contract's."),
    option("--max-failed", type=_PERCENT, default="0%", show_default=True, metavar="PERCENT",
           help="First attempts that may get no whole answer: connections refused or reset."),
    option("--max-lost", type=_PERCENT, default="0%", show_default=True, metavar="PERCENT",
           help="Calls that may not be acknowledged even after the last retry."),
    *(
        option(f"--max-{name}", f"max_{name}_s", type=options.DURATION, metavar="DURATION", help=text)
        for name, text in (
            ("p50", "The time that half of the answers may take at most, e.g. 200ms."),
            ("p95", "The same for 95 %."),
            ("p99", "The same for 99 %."),
        )
    ),
)  # fmt: skip
_PROCESSES: Final = (
    option("--workers", type=WholeNumber(1, MOST_WORKERS), default=1, show_default=True, metavar="N",
           help="Send from N processes of this machine."),
    option("--master", is_flag=True, help="Send from other machines, and wait for them to join; see --worker."),
    option("--expect-workers", type=WholeNumber(1, 1_000), metavar="N",
           help="How many workers --master waits for.  [default: 1]"),
    option("--master-port", type=WholeNumber(1, 65_535), default=MASTER_PORT, show_default=True, metavar="N",
           help="Where --master listens."),
    option("--worker", type=_PLACE, metavar="HOST[:PORT]",
           help="Be a worker of the master there. The URL and the rest are the master's; the key is not sent."),
)  # fmt: skip
_OTHERS: Final = (
    options.report_option,
    options.spelling_option,
    options.insecure_option,
    option("--i-own-this-endpoint", "declared", is_flag=True,
           help="Needed beyond loopback and private addresses, unless the host says so itself."),
)  # fmt: skip


def load_options(verb: Verb) -> Verb:
    """All of them."""
    for declare in reversed((*_OFFER, *_CAPACITY, *_LIMITS, *_PROCESSES, *_OTHERS)):
        verb = declare(verb)
    return verb
