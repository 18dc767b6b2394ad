"""The options of `load`: what is offered, what is allowed, where it is sent from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

import click

from mock_alohub.cli import options
from mock_alohub.cli.option import Parsed, WholeNumber, one_of, option
from mock_alohub.cli.reporting import report_option
from mock_alohub.errors import BadOption
from mock_alohub.load.capacity import CapacityOptions
from mock_alohub.load.ownership import FAR, NEAR, Ceiling
from mock_alohub.load.plan import ARRIVALS
from mock_alohub.load.processes import MASTER_PORT
from mock_alohub.load.profiles import NAMES, Profile, named
from mock_alohub.load.thresholds import Thresholds
from mock_alohub.policy import seconds

Verb = TypeVar("Verb", bound=Callable[..., Any])

MOST_WORKERS: Final = 64
_OF_WORKERS: Final = frozenset({"worker", "workers", "key", "key_file", "config"})


def number(text: str) -> float:
    """A number above nothing, as `200`, `0.5` or `1,000`. Raises `BadOption`."""
    plain = text.strip().replace(",", "").replace("_", "")
    if plain.isascii() and plain.replace(".", "", 1).isdecimal() and float(plain) > 0:
        return float(plain)
    raise BadOption(f"`{text}` is no number above 0", hint="write it as 200 or 0.5")


def percent(text: str) -> float:
    """A share in percent, as `0.1%` or `0.1`. Raises `BadOption`."""
    plain = text.strip().removesuffix("%").strip()
    if plain.isascii() and plain.replace(".", "", 1).isdecimal() and float(plain) <= 100:
        return float(plain)
    raise BadOption(f"`{text}` is no share; allowed: from 0% to 100%")


def place(text: str) -> tuple[str, int]:
    """Where a master listens, as `HOST` or `HOST:PORT`. Raises `BadOption`."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        host, port = text, str(MASTER_PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or "/" in host or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):
        raise BadOption(f"`{text}` is no place of a master; allowed: HOST or HOST:PORT")
    return host, int(port)


_RATE = Parsed("N", number)
_DURATION = Parsed("DURATION", options.duration)
_PERCENT = Parsed("PERCENT", percent)

_OFFER: Final = (
    option("--rate", type=_RATE, metavar="N",
           help="Calls per second, the most the profile reaches; where --find-capacity begins.  [default: 10]"),
    option("--duration", "duration_s", type=_DURATION, metavar="DURATION",
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
    option("--drain", "drain_s", type=Parsed("DURATION", seconds), default="30s", show_default=True,
           metavar="DURATION", help="How long to wait for the last retries after the last departure."),
    options.seed_option("Draw the same calls at the same moments again; the seed is in every report."),
)  # fmt: skip
_CAPACITY: Final = (
    option("--find-capacity", is_flag=True, help="Search the highest rate that holds, with calls at a steady rate."),
    option("--max-rate", type=_RATE, metavar="N",
           help="Allow up to N calls per second.  [default: 20000; 1000 beyond private networks]"),
    option("--max-duration", "max_duration_s", type=_DURATION, metavar="DURATION",
           help="Allow runs as long as that.  [default: 24h; 10m beyond private networks]"),
    option("--time-budget", "time_budget_s", type=_DURATION, default="5m", show_default=True, metavar="DURATION",
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
        option(f"--max-{name}", f"max_{name}_s", type=_DURATION, metavar="DURATION", help=text)
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
    option("--worker", type=Parsed("HOST[:PORT]", place), metavar="HOST[:PORT]",
           help="Be a worker of the master there. The URL and the rest are the master's; the key is not sent."),
)  # fmt: skip
_OTHERS: Final = (
    report_option,
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


def profile_of(chosen: Mapping[str, Any]) -> Profile:
    """The profile asked for. Raises `BadOption` where it cannot be had together with a search."""
    profile = named(chosen["profile"])
    if chosen["find_capacity"] and profile.name != NAMES[0]:
        raise BadOption(f"--find-capacity searches at a steady rate, not with the profile `{profile.name}`")
    return profile


def thresholds_of(chosen: Mapping[str, Any]) -> Thresholds:
    """The limits asked for."""
    limits = {name: chosen[f"max_{name}_s"] for name in ("p50", "p95", "p99")}
    return Thresholds(
        late_percent=chosen["max_late"],
        refused_percent=chosen["max_refused"],
        failed_percent=chosen["max_failed"],
        lost_percent=chosen["max_lost"],
        **{f"{name}_ms": None if limit is None else limit * 1_000 for name, limit in limits.items()},
    )


def ceiling_of(chosen: Mapping[str, Any], *, distant: bool) -> Ceiling:
    """The most that may be offered: what suits the place of the endpoint, unless something else was asked for."""
    usual = FAR if distant else NEAR
    return replace(
        usual, rate=chosen["max_rate"] or usual.rate, duration_s=chosen["max_duration_s"] or usual.duration_s
    )


def capacity_of(chosen: Mapping[str, Any], rate: float, ceiling: Ceiling) -> CapacityOptions | None:
    """How to search, when a search is asked for."""
    if not chosen["find_capacity"]:
        return None
    return CapacityOptions(start_rate=rate, max_rate=ceiling.rate, time_budget_s=chosen["time_budget_s"])


def demand_sense(context: click.Context, chosen: Mapping[str, Any]) -> None:
    """Raise `BadOption` for options that make no sense together, of those that somebody gave."""
    for one, needed in (("expect_workers", "master"), ("master_port", "master"), ("time_budget_s", "find_capacity")):
        if _given(context, one) and not chosen[needed]:
            raise BadOption(f"{_flag(context, one)} is of no use without {_flag(context, needed)}")
    for one, other in (("master", "worker"), ("master", "workers"), ("find_capacity", "duration_s")):
        if _given(context, one) and _given(context, other):
            raise BadOption(f"{_flag(context, one)} and {_flag(context, other)} cannot be had together")


def demand_worker_alone(context: click.Context) -> None:
    """Raise `BadOption` for what somebody gave to a worker though it is the master's to say."""
    for param in context.command.params:
        if param.name is not None and param.name not in _OF_WORKERS and _given(context, param.name):
            what = param.human_readable_name if isinstance(param, click.Argument) else _flag(context, param.name)
            raise BadOption(f"{what} is of no use with --worker: the master says what is done")


def _given(context: click.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _flag(context: click.Context, name: str) -> str:
    return next(max(param.opts, key=len) for param in context.command.params if param.name == name)
