"""`mock-alohub check URL`: hold an endpoint to the rules."""

from __future__ import annotations

from typing import Final

import click

from mock_alohub.cli import options
from mock_alohub.cli.later import Later, done_by
from mock_alohub.cli.option import Parsed, WholeNumber, option
from mock_alohub.cli.verb import Verb

_RULES: Final = Parsed("RULE", Later("mock_alohub.cli.actions.check:rules_of"))
_HEADER: Final = Parsed("HEADER", Later("mock_alohub.cli.actions.check:header"))
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
@option("--effects-wait", type=options.DURATION, default="2s", show_default=True,
        metavar="DURATION", help="How long effects may take to show.")  # fmt: skip
@option("--effects-header", "effects_headers", multiple=True, lines=True, pair=": ", type=_HEADER,
        metavar="'NAME: VALUE'", help="A header for the effects URL. Repeatable.")  # fmt: skip
@option("--burst", type=WholeNumber(2, 1000), default=20, show_default=True, metavar="N",
        help="How many calls end together.")  # fmt: skip
@option("--generated", type=WholeNumber(0, 10_000), default=100, show_default=True, metavar="N",
        help="How many messages to generate from the specification; 0 for none.")  # fmt: skip
@options.seed_option("Draw the same calls again; the seed is in every report.")
@options.spelling_option
@options.report_option
@options.insecure_option
@option("--wait", "wait_s", type=options.DURATION, metavar="DURATION",
        help="Wait until the endpoint accepts connections, e.g. 30s.")  # fmt: skip
@option("--time-limit", "time_limit_s", type=options.DURATION, metavar="DURATION",
        help="Try no further rule after this long.  [default: 10m, 30s for a slow endpoint]")  # fmt: skip
@click.pass_context
@done_by("mock_alohub.cli.actions.check:check")
def check() -> None:
    """Hold an endpoint to the rules of its provider.

    Sends the calls that the provider sends, as they are and with everything that goes wrong in real life, and judges
    the answers rule by rule.
    """
