"""What the values of the options of `load` mean, alone and together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import click

from mock_alohub.errors import BadOption
from mock_alohub.load.capacity import CapacityOptions
from mock_alohub.load.ownership import FAR, NEAR, Ceiling
from mock_alohub.load.profiles import NAMES, Profile, named
from mock_alohub.load.thresholds import Thresholds
from mock_alohub.load.usual import MASTER_PORT

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
