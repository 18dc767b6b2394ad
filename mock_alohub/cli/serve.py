"""`mock-alohub serve`: a stand-in Alohub that runs until it is stopped."""

from __future__ import annotations

from typing import Final

import click

from mock_alohub.cli import options
from mock_alohub.cli.later import Later, done_by
from mock_alohub.cli.option import FilePath, Parsed, WholeNumber, option
from mock_alohub.cli.verb import Verb
from mock_alohub.delivery.retention import Retention
from mock_alohub.errors import BadOption
from mock_alohub.server.providers.dialled_call import FATES
from mock_alohub.server.providers.rates import RATE_HEADERS

DATABASE: Final = "mock-alohub.sqlite3"
_API_KEY: Final = Parsed("KEY[=SCOPES]", Later("mock_alohub.server.providers.api_keys:api_key"))
_HEADER_NAMES: Final = Parsed("NAMES", Later("mock_alohub.server.providers.rates:header_names"))
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
@option("--endpoint", "url", type=options.URL, metavar="URL",
        help="Register this endpoint at the start, for all webhooks.")  # fmt: skip
@options.key_options
@options.spec_option
@option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
        help="Listen here. Beyond loopback a token is required.")  # fmt: skip
@option("--port", type=WholeNumber(0, 65_535), default=8080, show_default=True, metavar="N",
        help="Listen at this port; 0 takes a free one.")  # fmt: skip
@option("--db", "database", type=FilePath(), default=DATABASE, show_default=True, metavar="FILE",
        help="Keep endpoints and deliveries in this file.")  # fmt: skip
@option("--ephemeral", is_flag=True, help="Keep nothing: a database that is thrown away at the end.")
@option("--keep", "keep_s", type=options.DURATION, default=f"{Retention().days:g}d",
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
@option("--scenarios", type=FilePath(file_okay=False), metavar="FOLDER",
        help="Have the scenarios in the YAML files of this folder as well.")  # fmt: skip
@option("--token", metavar="TOKEN",
        help="Ask for this token in the control API.  [default: none on loopback, else a drawn one]")  # fmt: skip
@option("--token-file", type=FilePath(), metavar="FILE",
        help="Read the token from FILE (`-` is standard input).")  # fmt: skip
@option("--api-key", "api_keys", multiple=True, type=_API_KEY,
        metavar="KEY[=SCOPES]",
        help="A key of Alohub's REST API, for some scopes (voice, report, campaign) or all. Repeatable.  "
        "[default: the token, else any key]")  # fmt: skip
@option("--rate-limit", type=WholeNumber(1), metavar="N",
        help="Let a tenant make N requests of Alohub's REST API in ten seconds.  [default: any number]")  # fmt: skip
@option("--route-rate-limit", type=WholeNumber(1), metavar="N",
        help="The same for each of its routes.")  # fmt: skip
@option("--rate-limit-headers", type=_HEADER_NAMES, metavar="NAMES",
        default=",".join(RATE_HEADERS), show_default=True,
        help="The headers of these limits: limit and remainder of the tenant, then those of the route.")  # fmt: skip
@option("--allow-host", "allowed_hosts", multiple=True, metavar="NAME",
        help="A host name this server is called by, besides localhost and addresses. Repeatable.")  # fmt: skip
@option("--public-url", type=options.URL, metavar="URL",
        help="Where others reach this server: recordings are linked there.  [default: where it listens]")  # fmt: skip
@option("--public-only", is_flag=True, help="Send to no private and no loopback address.")
@options.spelling_option
@options.insecure_option
@option("-q", "--quiet", is_flag=True, help="No line for each attempt.")
@click.pass_context
@done_by("mock_alohub.cli.actions.serve:serve")
def serve() -> None:
    """Run a stand-in Alohub: its webhooks with their retries, and an API to control them.

    Endpoints and deliveries are kept in a file and survive whatever ends the process. The URL is printed on standard
    output as soon as the server is ready, all else on standard error. With --spec it stands in for another provider.
    """
