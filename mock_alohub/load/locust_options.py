"""The options of a load run as arguments of locust: on its command line, in its environment and in its web UI.

They are named as those of `mock-alohub load`. Two of locust's own are taken over: `--profile` (there a label for
statistics) and `-t/--run-time`, which is the duration of the schedule here. The key has no argument: it comes from
MOCK_ALOHUB_KEY alone, since what is typed into the web UI travels on to the workers unencrypted.
"""

from __future__ import annotations

import argparse
import math
import secrets
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from mock_alohub.errors import BadOption, Unreachable
from mock_alohub.load import profiles
from mock_alohub.load.carried_spec import carried
from mock_alohub.load.ownership import FAR, NEAR, NotOwned, near
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.usual import ARRIVALS
from mock_alohub.messages.endpoint import URL, parse_url
from mock_alohub.messages.policy import seconds
from mock_alohub.providers.provider import spelling_of
from mock_alohub.specification.imported import webhooks as foreign
from mock_alohub.specification.specification import Specification

DEFAULT_RATE: Final = 10.0
DEFAULT_WEBHOOK: Final = "alohub.call-ended"
_DEFAULT: Final = [DEFAULT_WEBHOOK]
_LARGEST_SEED: Final = 2**31 - 1


class _Offered(list[str]):
    """What a form offers; the plan says what is wrong with anything else, for it knows the document."""

    def __contains__(self, name: object) -> bool:
        return True


class _Repeatable(argparse.Action):
    """Collects values; the first one given replaces the default."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        so_far = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*([] if so_far is self.default else so_far), values])


def add_arguments(parser: Any) -> None:
    """Give locust's `parser` the arguments of a load run."""
    # Without this argparse refuses a second --profile and -t: the parser, and the group it adds them to.
    parser.conflict_handler = parser._optionals.conflict_handler = "resolve"  # noqa: SLF001 -- there is no other name
    add = parser.add_argument
    add("--rate", type=float, default=DEFAULT_RATE, metavar="N", env_var="MOCK_ALOHUB_RATE",
        help="Calls per second, the highest of the profile")  # fmt: skip
    add("-t", "--run-time", "--duration", dest="duration", type=str, default="60s", metavar="TIME",
        env_var="MOCK_ALOHUB_DURATION", help="How long calls depart, e.g. 60s, 10m, 1h30m")  # fmt: skip
    add("--profile", dest="load_profile", default=profiles.NAMES[0], choices=profiles.NAMES,
        env_var="MOCK_ALOHUB_PROFILE", help="How the rate goes over the time")  # fmt: skip
    add("--arrivals", default=ARRIVALS[0], choices=ARRIVALS, env_var="MOCK_ALOHUB_ARRIVALS",
        help="At random, as calls end, or evenly spaced")  # fmt: skip
    add("--spec", default="", metavar="FILE", env_var="MOCK_ALOHUB_SPEC", include_in_web_ui=False,
        help="Take the webhooks of this OpenAPI 3.1 document; not for the web UI")  # fmt: skip
    add("--webhook", dest="webhooks", action=_Repeatable, default=_DEFAULT, metavar="WEBHOOK",
        choices=_Offered(sorted(Specification.load().webhooks)), is_multiple=True,
        help="What is sent. Repeatable")  # fmt: skip
    add("--seed", type=str, default="", metavar="N", env_var="MOCK_ALOHUB_SEED",
        help="Draw the same calls and departures again; drawn anew if empty")  # fmt: skip
    add("--no-retries", action="store_true", default=False, env_var="MOCK_ALOHUB_NO_RETRIES",
        help="Send no call again that was not acknowledged")  # fmt: skip
    add("--time-scale", type=float, default=1.0, metavar="N", env_var="MOCK_ALOHUB_TIME_SCALE",
        help="Divide the provider's waits before retries by N")  # fmt: skip
    add("--drain", type=str, default="30s", metavar="TIME", env_var="MOCK_ALOHUB_DRAIN",
        help="How long retries are waited for after the last call")  # fmt: skip
    add("--status-spelling", action=_Repeatable, default=[], metavar="OUTCOME=WORD", include_in_web_ui=False,
        help="Spell an outcome of a call otherwise, e.g. no_answer=missed. Repeatable")  # fmt: skip
    add("--i-own-this-endpoint", dest="declared", action="store_true", default=False,
        help="Load an endpoint beyond loopback and private addresses")  # fmt: skip
    add("--insecure", action="store_true", default=False, include_in_web_ui=False,
        help="Accept any TLS certificate. For tests alone")  # fmt: skip
    # What locust reads under these names is no longer anybody's argument.
    parser.set_defaults(profile=None, run_time=None)


def plan_of(chosen: Any, host: str | None) -> LoadPlan:
    """The plan that `chosen` (parsed arguments, or what a form made of them) and the host state.

    Raises `BadOption`, `BadURL` or `UnknownName`.
    """
    if not host:
        raise BadOption("no endpoint is named", hint="give its whole URL as --host, e.g. http://127.0.0.1:8000/hook")
    document = _document(chosen)
    webhooks = tuple(document.webhooks if document and chosen.webhooks is _DEFAULT else chosen.webhooks)
    plan = LoadPlan(
        url=host,
        webhooks=webhooks,
        rate=_number("rate", chosen.rate),
        duration_s=_duration("duration", chosen.duration),
        profile=chosen.load_profile,
        arrivals=chosen.arrivals,
        seed=_seed(str(chosen.seed or "")),
        retries=not chosen.no_retries,
        time_scale=_number("time-scale", chosen.time_scale),
        drain_s=_duration("drain", chosen.drain),
        insecure=bool(chosen.insecure),
        owned=bool(chosen.declared),
        spelling=tuple(map(spelling_of, chosen.status_spelling)),
        described=carried(document, webhooks) if document else "",
    )
    distant = _distant(parse_url(plan.url))
    if distant and not plan.owned:
        # The file that `mock-alohub load` looks for at the endpoint is not looked for here.
        raise NotOwned(
            f"`{parse_url(plan.url).host}` is beyond private networks, and load may harm whoever runs it",
            hint="if it is yours: --i-own-this-endpoint",
        )
    try:
        (FAR if distant else NEAR).demand(plan.rate, plan.duration_s)
    except BadOption as mistake:
        raise BadOption(
            mistake.message, hint="`mock-alohub load` offers more, with --max-rate and --max-duration"
        ) from None
    return plan


def notes_of(chosen: Any) -> tuple[str, ...]:
    """What of the document could not be used."""
    document = _document(chosen)
    return document.notes if document else ()


def _document(chosen: Any) -> Specification | None:
    return foreign.load(Path(chosen.spec)) if chosen.spec else None


def _distant(url: URL) -> bool:
    """Whether the host has an address beyond loopback and private ones. Raises `Unreachable`."""
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(f"{url.host} has no address: {error.strerror}") from None
    addresses = {ip_address(str(place[0]).partition("%")[0]) for *_, place in found}
    return not all(near(address) for address in addresses)


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BadOption(f"--{name} is `{value}`; allowed: a number") from None
    if not math.isfinite(number):
        raise BadOption(f"--{name} is `{value}`; allowed: a number")
    return number


def _duration(name: str, text: str) -> float:
    """Seconds of `60s`, `10m`, `1h30m`; a bare number is seconds, as locust has it."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return seconds(text)
    except BadOption as mistake:
        raise BadOption(f"--{name}: {mistake.message}", hint=mistake.hint) from None


def _seed(text: str) -> int:
    if not text:
        return secrets.randbelow(_LARGEST_SEED)
    if not text.isdecimal() or int(text) > _LARGEST_SEED:
        raise BadOption(f"--seed is `{text}`; allowed: a whole number up to {_LARGEST_SEED}")
    return int(text)
