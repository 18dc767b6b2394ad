"""`mock-alohub serve`: a stand-in Alohub that runs until it is stopped."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from mock_alohub.cli import options
from mock_alohub.cli.failure import warn
from mock_alohub.cli.log import Unhurried
from mock_alohub.cli.option import Parsed, WholeNumber, option
from mock_alohub.cli.terminal import painted
from mock_alohub.cli.verb import Verb
from mock_alohub.delivery import transport
from mock_alohub.delivery.engine import Retention
from mock_alohub.endpoint import Endpoint, Key, parse_url
from mock_alohub.errors import BadOption, ExitCode, MissingExtra
from mock_alohub.server import alohub_access
from mock_alohub.server.call_life import FATES

DATABASE: Final = "mock-alohub.sqlite3"
_SHORTEST_TOKEN: Final = 16
_DAY_S: Final = 86_400
EXIT_CODES: Final = {
    "0": "ended by SIGTERM",
    "2": "wrong usage or configuration; the port is in use, the database cannot be used",
    "130": "ended by Ctrl-C",
}


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1e6:
        raise BadOption(f"`{text}` is not a number above 0 and up to 1,000,000")
    return number


NUMBERS: Final = {f"…{ending}": fate.says for ending, fate in FATES.items()}
"""Ends of numbers, and what becomes of a call to one that is placed over Alohub's REST API."""


def _percentage(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise BadOption(f"`{text}` is not a percentage from 0 to 100")
    return number


@click.command(cls=Verb, lists={"Numbers to dial, by their last digits": NUMBERS, "Exit codes": EXIT_CODES})
@option("--endpoint", "url", type=Parsed("URL", parse_url), metavar="URL",
        help="Register this endpoint at the start, for all webhooks.")  # fmt: skip
@options.key_options
@options.spec_option
@option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
        help="Listen here. Beyond loopback a token is required.")  # fmt: skip
@option("--port", type=WholeNumber(0, 65_535), default=8080, show_default=True, metavar="N",
        help="Listen at this port; 0 takes a free one.")  # fmt: skip
@option("--db", "database", type=click.Path(path_type=Path), default=DATABASE, show_default=True, metavar="FILE",
        help="Keep endpoints and deliveries in this file.")  # fmt: skip
@option("--ephemeral", is_flag=True, help="Keep nothing: a database that is thrown away at the end.")
@option("--keep", "keep_s", type=Parsed("DURATION", options.duration), default=f"{Retention().days:g}d",
        show_default=True, metavar="DURATION",
        help="Forget deliveries that have ended after so long, e.g. 7d or 12h.")  # fmt: skip
@option("--keep-newest", type=WholeNumber(0), default=Retention().keep, show_default=True, metavar="N",
        help="Forget all that have ended but the newest N.")  # fmt: skip
@option("--time-scale", type=Parsed("N", _above_zero), default="1", show_default=True, metavar="N",
        help="Divide the waits before retries, and the length of running calls, by N.")  # fmt: skip
@option("--calls-per-minute", type=Parsed("N", _above_zero), metavar="N", help="Place so many calls, at random.")
@option("--day-profile", is_flag=True, help="Let those calls be more by day than by night; N is the day's mean.")
@option("--hostile", type=Parsed("PERCENT", _percentage), default="0", show_default=True, metavar="PERCENT",
        help="Send so many deliveries twice, or let them be overtaken by later ones.")  # fmt: skip
@options.seed_option("Draw the same background calls, and the same hostility, again.")
@option("--scenarios", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
        help="Have the scenarios in the YAML files of this folder as well.")  # fmt: skip
@option("--token", metavar="TOKEN",
        help="Ask for this token in the control API.  [default: none on loopback, else a drawn one]")  # fmt: skip
@option("--token-file", type=click.Path(path_type=Path), metavar="FILE",
        help="Read the token from FILE (`-` is standard input).")  # fmt: skip
@option("--api-key", "api_keys", multiple=True, type=Parsed("KEY[=SCOPES]", alohub_access.api_key),
        metavar="KEY[=SCOPES]",
        help="A key of Alohub's REST API, for some scopes (voice, report, campaign) or all. Repeatable.  "
        "[default: the token, else any key]")  # fmt: skip
@option("--rate-limit", type=WholeNumber(1), metavar="N",
        help="Let a tenant make N requests of Alohub's REST API in ten seconds.  [default: any number]")  # fmt: skip
@option("--route-rate-limit", type=WholeNumber(1), metavar="N",
        help="The same for each of its routes.")  # fmt: skip
@option("--rate-limit-headers", type=Parsed("NAMES", alohub_access.header_names), metavar="NAMES",
        default=",".join(alohub_access.HEADERS), show_default=True,
        help="The headers of these limits: limit and remainder of the tenant, then those of the route.")  # fmt: skip
@option("--allow-host", "allowed_hosts", multiple=True, metavar="NAME",
        help="A host name this server is called by, besides localhost and addresses. Repeatable.")  # fmt: skip
@option("--public-url", type=Parsed("URL", parse_url), metavar="URL",
        help="Where others reach this server: recordings are linked there.  [default: where it listens]")  # fmt: skip
@option("--public-only", is_flag=True, help="Send to no private and no loopback address.")
@options.spelling_option
@options.insecure_option
@option("-q", "--quiet", is_flag=True, help="No line for each attempt.")
@click.pass_context
def serve(context: click.Context, /, **chosen: Any) -> ExitCode:
    """Run a stand-in Alohub: its webhooks with their retries, and an API to control them.

    Endpoints and deliveries are kept in a file and survive whatever ends the process. The URL is printed on standard
    output as soon as the server is ready, all else on standard error. With --spec it stands in for another provider.
    """
    # Imported here, not above: it belongs to an extra, and `--help` need not wait for it.
    try:
        from mock_alohub.server import opening, serving, stand_in
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"starlette", "uvicorn"}:
            raise
        raise MissingExtra("mock-alohub serve", "server") from None

    key = options.key_of(context, chosen["key"], chosen["key_file"])
    on_the_line = context.get_parameter_source("key") is ParameterSource.COMMANDLINE or chosen["key_file"]
    if on_the_line and chosen["url"] is None:  # one in the environment may be meant for other verbs
        raise BadOption("a key is given, and no endpoint it belongs to", hint="add --endpoint URL")
    token = _checked_token(options.secret_of(context, "token", chosen["token"], chosen["token_file"]))
    options.warn_if_insecure(chosen["insecure"])
    _log_to_stderr(quiet=chosen["quiet"])
    sock = serving.bound(chosen["host"], chosen["port"])
    drawn = token is None and not serving.is_loopback(sock)
    if drawn:
        token = serving.drawn_token()
    public_url = chosen["public_url"]
    seed = options.drawn_seed(chosen["seed"])
    specification = options.specification(chosen["status_spelling"], chosen["described"])
    if chosen["described"]:
        _demand_none_of_alohub(context)
        specification = stand_in.standing_in(specification)
    plan = opening.Plan(
        specification=specification,
        public_url=str(public_url).rstrip("/") if public_url else serving.url_of(sock),
        database=None if chosen["ephemeral"] else chosen["database"],
        time_scale=chosen["time_scale"],
        token=token,
        private=not chosen["public_only"],
        verify_tls=not chosen["insecure"],
        hostile=chosen["hostile"],
        seed=seed,
        retention=_retention(chosen["keep_s"], chosen["keep_newest"]),
        scenarios=chosen["scenarios"],
        endpoints=[] if chosen["url"] is None else [Endpoint(chosen["url"], key)],
        api_keys=chosen["api_keys"],
        limits=alohub_access.Limits(chosen["rate_limit"], chosen["route_rate_limit"], chosen["rate_limit_headers"]),
    )
    traffic = None
    if chosen["calls_per_minute"]:
        traffic = serving.Traffic(chosen["calls_per_minute"], seed, chosen["day_profile"])
    url = serving.url_of(sock)

    def ready(station: object) -> None:
        told = _welcome(
            *(url, plan, token),
            drawn=drawn,
            drawing=bool(traffic or plan.hostile),
            described=bool(chosen["described"]),
        )
        print(url, flush=True)
        print("\n".join(told), file=sys.stderr, flush=True)

    hosts = [*chosen["allowed_hosts"], *([public_url.host] if public_url else [])]
    return transport.run(serving.serve(sock, plan, allowed_hosts=hosts, traffic=traffic, ready=ready))


def _demand_none_of_alohub(context: click.Context) -> None:
    """Raise `BadOption` for an option of the providers' own APIs, which are not there beside a document's webhooks."""
    for name in ("api_keys", "rate_limit", "route_rate_limit"):
        if context.params[name]:
            param = next(param for param in context.command.params if param.name == name)
            raise BadOption(
                f"{param.opts[0]} is of no use with --spec: the APIs of built-in providers are not offered then"
            )


def _retention(keep_s: float, newest: int) -> Retention:
    usual = Retention()
    # What is kept for a moment only is looked after as often.
    return Retention(newest, keep_s / _DAY_S, min(usual.every_s, keep_s))


def _checked_token(token: str | None) -> str | None:
    if token is None:
        return None
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise BadOption(
            f"the token is too easy to guess, or no token at all; wanted {_SHORTEST_TOKEN} visible characters or more",
            hint="leave --token away and one is drawn where it is needed",
        )
    return Key(token).reveal()


def _log_to_stderr(*, quiet: bool) -> None:
    """A line for each attempt, and whatever goes wrong."""
    root = logging.getLogger("mock_alohub")
    handler = Unhurried(sys.stderr.fileno())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root.handlers = [handler]
    root.propagate = False
    root.setLevel(logging.WARNING if quiet else logging.INFO)
    # What uvicorn says of requests that are no HTTP is of no use to anyone; its errors are.
    uvicorn = logging.getLogger("uvicorn")
    uvicorn.handlers = [handler]
    uvicorn.propagate = False
    uvicorn.setLevel(logging.ERROR)


def _welcome(url: str, plan: Any, token: str | None, *, drawn: bool, drawing: bool, described: bool) -> Iterator[str]:
    kept = "nothing is kept" if plan.database is None else f"kept in {plan.database}"
    who, wish = ("mock server", "{}") if described else ("mock Alohub", '{"outcome": "busy"}')
    yield f"{who} at {painted(url, '1', sys.stderr)} ({kept}), Ctrl-C stops it"
    yield f"  API   {url}/docs"
    if drawn:
        yield f"  token {token}  (drawn now and shown this once; --token or MOCK_ALOHUB_TOKEN sets one)"
    guard = ' -H "Authorization: Bearer $TOKEN"' if token else ""
    post = f"curl -X POST{guard} -H 'Content-Type: application/json'"
    yield "next:"
    if plan.endpoints:
        yield f"  {post} {url}/api/v1/calls -d '{{}}'"
    elif not plan.private:  # An inbox of this server cannot be reached.
        yield f'  {post} {url}/api/v1/endpoints -d \'{{"url": "https://YOUR-ENDPOINT"}}\''
        yield f"  {post} {url}/api/v1/calls -d '{{}}'"
    else:
        yield f'  {post} {url}/api/v1/endpoints -d \'{{"url": "{url}/inbox/mine"}}\''
        yield f"  {post} {url}/api/v1/calls -d '{wish}'"
        yield f"  curl{guard} {url}/api/v1/inboxes/mine/messages"
    if drawing:
        yield f"  seed {plan.seed}"
    if plan.time_scale != 1:
        yield f"  time goes {plan.time_scale:g} times as fast"
    if not plan.verify_tls:
        warn("certificates of endpoints are not verified")
