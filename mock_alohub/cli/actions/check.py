"""What `check` does: hold an endpoint to the rules."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from functools import partial
from time import monotonic, sleep
from typing import Any, Final

import click
from click.core import ParameterSource

from mock_alohub import reports
from mock_alohub.check import schemathesis_source
from mock_alohub.check.effects import Effects, parse_effects
from mock_alohub.check.rules import BY_ID, named
from mock_alohub.check.run import Check, run
from mock_alohub.check.verdict import exit_code
from mock_alohub.cli import values
from mock_alohub.cli.interrupt import terminated_as_interrupted
from mock_alohub.cli.option import words_given
from mock_alohub.cli.progress import ProgressLine
from mock_alohub.cli.reporting import demand_writable, summarize, write_all
from mock_alohub.delivery import transport
from mock_alohub.errors import BadOption, ExitCode
from mock_alohub.messages.endpoint import URL, Endpoint, Key
from mock_alohub.reports.terminal import render
from mock_alohub.specification.specification import Specification

_KNOCK_EVERY_S: Final = 0.1
_ASKS_THE_SAME: Final = (
    "spec", "method", "body-template", "status-spelling", "rule", "skip-rule", "burst", "generated", "insecure",
)  # fmt: skip
"""The options that a report names to check the same again. What says how to read effects may hold a secret."""


def check(context: click.Context, /, url: URL, **chosen: Any) -> ExitCode:
    """Check `url` as the options of `context` ask for, print the summary and write the reports."""
    requests = reports.parse_requests(chosen["report_texts"], reports.FORMATS)
    demand_writable(path for _, path in requests)
    known = values.specification(chosen["status_spelling"], chosen["described"])
    worded = values.in_words(known, chosen["webhooks"], chosen["wordings"])
    specified = values.by_method(worded, chosen["webhooks"], chosen["method"])
    what = _check_of(context, url, specified, chosen)
    if context.get_parameter_source("generated") is not ParameterSource.DEFAULT and what.generated:
        # Who asks for them is not passed without; who does not is told that they were skipped.
        schemathesis_source.demand()
    values.warn_if_insecure(what.insecure)
    with terminated_as_interrupted(), ProgressLine(what.rules) as line:
        if chosen["wait_s"] is not None:
            line.say(f"waiting for {url.shown()}")
            _wait_for(url, chosen["wait_s"])
        line.say(f"checking {url.shown()}")
        record = transport.run(run(what, specified, watch=line))
    failure = write_all(record, requests)
    summarize(requests, partial(render, record))
    verdict = exit_code(record)
    return failure if failure and verdict is ExitCode.KEPT else verdict


def _check_of(context: click.Context, url: URL, specified: Specification, chosen: dict[str, Any]) -> Check:
    return Check(
        endpoint=Endpoint(url, _key(context, specified, chosen)),
        webhooks=values.webhook_names(chosen["webhooks"], specified),
        rules=_rules(chosen["wanted"], chosen["unwanted"]),
        seed=values.drawn_seed(chosen["seed"]),
        strict=chosen["strict"],
        effects=_effects(chosen["effects"], chosen["effects_headers"]),
        effects_wait_s=chosen["effects_wait"],
        burst=chosen["burst"],
        generated=chosen["generated"],
        insecure=chosen["insecure"],
        time_limit_s=chosen["time_limit_s"],
        options=tuple(words_given(context, _ASKS_THE_SAME)),
    )


def _key(context: click.Context, specified: Specification, chosen: dict[str, Any]) -> Key | None:
    webhooks = values.webhooks_of(specified, chosen["webhooks"]) if chosen["described"] else ()
    return values.key_of(context, chosen["key"], chosen["key_file"], webhooks)


def _rules(wanted: Sequence[frozenset[str]], unwanted: Sequence[frozenset[str]]) -> frozenset[str]:
    chosen = frozenset[str]().union(*wanted) if wanted else frozenset(BY_ID)
    left = chosen.difference(*unwanted)
    if not left:
        raise BadOption("no rule is left to try", hint="--skip-rule leaves out all that --rule names")
    return left


def _effects(text: str | None, headers: Sequence[tuple[str, str]]) -> Effects | None:
    if text is None and headers:
        raise BadOption("--effects-header is of no use without --effects")
    return parse_effects(text, tuple(headers)) if text else None


def _wait_for(url: URL, wait_s: float) -> None:
    """Return once somebody listens there, or the time is up: then the check says what is wrong."""
    end = monotonic() + wait_s
    while (left := end - monotonic()) > 0:
        try:
            socket.create_connection((url.host, url.port), timeout=min(left, 1.0)).close()
        except OSError:
            sleep(min(_KNOCK_EVERY_S, max(left, 0)))
        else:
            return


def rules_of(name: str) -> frozenset[str]:
    """The ids of the rules that `name`, an id or a family, stands for. Raises `UnknownName`."""
    return named([name])


def header(text: str) -> tuple[str, str]:
    """The header `text` (`Name: value`). Raises `BadOption`."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        # The text is not repeated: it may hold a token.
        raise BadOption("this is no header; allowed: 'Name: value'")
    return name.strip(), value.strip()
