"""`mock-alohub check URL`: hold an endpoint to the rules."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from functools import partial
from time import monotonic, sleep
from typing import Any, Final

import click
from click.core import ParameterSource

from mock_alohub import generator, reports
from mock_alohub.cli import options
from mock_alohub.cli.interrupt import terminated_as_interrupted
from mock_alohub.cli.option import Parsed, WholeNumber, option, words_given
from mock_alohub.cli.progress import ProgressLine
from mock_alohub.cli.reporting import demand_writable, report_option, summarize, write_all
from mock_alohub.cli.verb import Verb
from mock_alohub.delivery import transport
from mock_alohub.effects import Effects, parse_effects
from mock_alohub.endpoint import URL, Endpoint, Key
from mock_alohub.errors import BadOption, ExitCode
from mock_alohub.reports.terminal import render
from mock_alohub.rules import BY_ID, named
from mock_alohub.run import Check, run
from mock_alohub.spec import Specification
from mock_alohub.verdict import exit_code

_KNOCK_EVERY_S: Final = 0.1
_ASKS_THE_SAME: Final = (
    "spec", "method", "body-template", "status-spelling", "rule", "skip-rule", "burst", "generated", "insecure",
)  # fmt: skip
"""The options that a report names to check the same again. What says how to read effects may hold a secret."""
_RULES = Parsed("RULE", lambda name: named([name]))


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        # The text is not repeated: it may hold a token.
        raise BadOption("this is no header; allowed: 'Name: value'")
    return name.strip(), value.strip()


EXIT_CODES: Final = {
    "0": "every MUST rule that could be tried is kept",
    "1": "a rule is broken",
    "2": "wrong usage or configuration",
    "3": "the endpoint could not be reached, so nothing was judged",
    "70": "a defect of mock-alohub itself",
    "130": "interrupted",
}


@click.command(cls=Verb, lists={"Exit codes": EXIT_CODES})
@options.url_argument
@options.key_options
@options.spec_option
@options.webhook_option((options.CALL_ENDED, options.AUTO_CALL), "A webhook the endpoint receives. Repeatable.")
@options.method_option
@options.template_option
@option("--rule", "wanted", multiple=True, type=_RULES, metavar="RULE",
        help="Try these rules alone: ids or families. Repeatable.")  # fmt: skip
@option("--skip-rule", "unwanted", multiple=True, type=_RULES, metavar="RULE",
        help="Leave these rules out: ids or families. Repeatable.")  # fmt: skip
@option("--strict", is_flag=True, help="Broken SHOULD rules fail the check as well.")
@option("--effects", metavar="URL#POINTER",
        help="How to read how often a call was processed: a URL with {call_id} in it and a JSON pointer to a number "
        "or an array, e.g. 'http://crm/calls/{call_id}#/count'.")  # fmt: skip
@option("--effects-wait", type=Parsed("DURATION", options.duration), default="2s", show_default=True,
        metavar="DURATION", help="How long effects may take to show.")  # fmt: skip
@option("--effects-header", "effects_headers", multiple=True, lines=True, pair=": ", type=Parsed("HEADER", _header),
        metavar="'NAME: VALUE'", help="A header for the effects URL. Repeatable.")  # fmt: skip
@option("--burst", type=WholeNumber(2, 1000), default=20, show_default=True, metavar="N",
        help="How many calls end together.")  # fmt: skip
@option("--generated", type=WholeNumber(0, 10_000), default=100, show_default=True, metavar="N",
        help="How many messages to generate from the specification; 0 for none.")  # fmt: skip
@options.seed_option("Draw the same calls again; the seed is in every report.")
@options.spelling_option
@report_option
@options.insecure_option
@option("--wait", "wait_s", type=Parsed("DURATION", options.duration), metavar="DURATION",
        help="Wait until the endpoint accepts connections, e.g. 30s.")  # fmt: skip
@option("--time-limit", "time_limit_s", type=Parsed("DURATION", options.duration), metavar="DURATION",
        help="Try no further rule after this long.  [default: 10m, 30s for a slow endpoint]")  # fmt: skip
@click.pass_context
def check(context: click.Context, /, url: URL, **chosen: Any) -> ExitCode:
    """Hold an endpoint to the rules of its provider.

    Sends the calls that the provider sends, as they are and with everything that goes wrong in real life, and judges
    the answers rule by rule.
    """
    requests = reports.parse_requests(chosen["report_texts"], reports.FORMATS)
    demand_writable(path for _, path in requests)
    known = options.specification(chosen["status_spelling"], chosen["described"])
    worded = options.in_words(known, chosen["webhooks"], chosen["wordings"])
    specified = options.by_method(worded, chosen["webhooks"], chosen["method"])
    what = _check_of(context, url, specified, chosen)
    if context.get_parameter_source("generated") is not ParameterSource.DEFAULT and what.generated:
        generator.demand()  # who asks for them is not passed without; who does not is told that they were skipped
    options.warn_if_insecure(what.insecure)
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
        webhooks=options.webhook_names(chosen["webhooks"], specified),
        rules=_rules(chosen["wanted"], chosen["unwanted"]),
        seed=options.drawn_seed(chosen["seed"]),
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
    webhooks = options.webhooks_of(specified, chosen["webhooks"]) if chosen["described"] else ()
    return options.key_of(context, chosen["key"], chosen["key_file"], webhooks)


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
