"""What `serve` does: run a stand-in Alohub until it is stopped."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any, Final

import click
from click.core import ParameterSource

from mock_alohub.cli import values
from mock_alohub.cli.failure import warn
from mock_alohub.cli.log import Unhurried
from mock_alohub.cli.terminal import painted
from mock_alohub.delivery import transport
from mock_alohub.delivery.retention import Retention
from mock_alohub.errors import BadOption, ExitCode, MissingExtra
from mock_alohub.messages.endpoint import Endpoint, Key
from mock_alohub.server.providers.rates import Limits

_SHORTEST_TOKEN: Final = 16
_DAY_S: Final = 86_400


def serve(context: click.Context, /, **chosen: Any) -> ExitCode:
    """Serve what the options of `context` ask for."""
    # Imported here, not above: it belongs to an extra, and without it there is an answer of our own.
    try:
        from mock_alohub.server import lifespan, process, stand_in
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"starlette", "uvicorn"}:
            raise
        raise MissingExtra("mock-alohub serve", "server") from None

    key = values.key_of(context, chosen["key"], chosen["key_file"])
    on_the_line = context.get_parameter_source("key") is ParameterSource.COMMANDLINE or chosen["key_file"]
    if on_the_line and chosen["url"] is None:  # one in the environment may be meant for other verbs
        raise BadOption("a key is given, and no endpoint it belongs to", hint="add --endpoint URL")
    token = _checked_token(values.secret_of(context, "token", chosen["token"], chosen["token_file"]))
    values.warn_if_insecure(chosen["insecure"])
    _log_to_stderr(quiet=chosen["quiet"])
    sock = process.bound(chosen["host"], chosen["port"])
    drawn = token is None and not process.is_loopback(sock)
    if drawn:
        token = process.drawn_token()
    public_url = chosen["public_url"]
    seed = values.drawn_seed(chosen["seed"])
    specification = values.specification(chosen["status_spelling"], chosen["described"])
    if chosen["described"]:
        _demand_none_of_alohub(context)
        specification = stand_in.standing_in(specification)
    plan = lifespan.Plan(
        specification=specification,
        public_url=str(public_url).rstrip("/") if public_url else process.url_of(sock),
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
        limits=Limits(chosen["rate_limit"], chosen["route_rate_limit"], chosen["rate_limit_headers"]),
    )
    traffic = None
    if chosen["calls_per_minute"]:
        traffic = process.Traffic(chosen["calls_per_minute"], seed, chosen["day_profile"])
    url = process.url_of(sock)

    def ready(context: object) -> None:
        told = _welcome(
            *(url, plan, token),
            drawn=drawn,
            drawing=bool(traffic or plan.hostile),
            described=bool(chosen["described"]),
        )
        print(url, flush=True)
        print("\n".join(told), file=sys.stderr, flush=True)

    hosts = [*chosen["allowed_hosts"], *([public_url.host] if public_url else [])]
    return transport.run(process.serve(sock, plan, allowed_hosts=hosts, traffic=traffic, ready=ready))


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
    header = ' -H "Authorization: Bearer $TOKEN"' if token else ""
    post = f"curl -X POST{header} -H 'Content-Type: application/json'"
    yield "next:"
    if plan.endpoints:
        yield f"  {post} {url}/api/v1/calls -d '{{}}'"
    elif not plan.private:  # An inbox of this server cannot be reached.
        yield f'  {post} {url}/api/v1/endpoints -d \'{{"url": "https://YOUR-ENDPOINT"}}\''
        yield f"  {post} {url}/api/v1/calls -d '{{}}'"
    else:
        yield f'  {post} {url}/api/v1/endpoints -d \'{{"url": "{url}/inbox/mine"}}\''
        yield f"  {post} {url}/api/v1/calls -d '{wish}'"
        yield f"  curl{header} {url}/api/v1/inboxes/mine/messages"
    if drawing:
        yield f"  seed {plan.seed}"
    if plan.time_scale != 1:
        yield f"  time goes {plan.time_scale:g} times as fast"
    if not plan.verify_tls:
        warn("certificates of endpoints are not verified")
