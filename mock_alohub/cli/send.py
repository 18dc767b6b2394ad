"""`mock-alohub send URL`: send calls to an endpoint, once each and without a verdict."""

from __future__ import annotations

from typing import Final

import click

from mock_alohub import faults
from mock_alohub.cli import options
from mock_alohub.cli.later import done_by
from mock_alohub.cli.option import Parsed, option
from mock_alohub.cli.verb import Verb
from mock_alohub.cli.wish_options import count_option, wish_options

_FAULTS: Final = {fault.name: fault.summary for fault in faults.FAULTS}
EXIT_CODES: Final = {
    "0": "all acknowledged",
    "1": "some not acknowledged",
    "2": "wrong usage or configuration",
    "3": "no attempt reached the endpoint",
    "130": "interrupted",
}


@click.command(cls=Verb, lists={"Faults": _FAULTS, "Exit codes": EXIT_CODES})
@options.url_argument
@options.key_options
@options.spec_option
@options.webhook_option((options.CALL_ENDED,), "The webhook to send. Repeatable.")
@options.method_option
@options.template_option
@count_option(1)
@wish_options
@option("--fault", "wanted_faults", multiple=True, type=Parsed("FAULT", faults.named), metavar="FAULT",
        help="Put a fault in; see below. Repeatable: each changes what the one before left.")  # fmt: skip
@options.seed_option("Draw the same calls again; they then start on 2024-01-13 at 08:00.")
@options.start_option
@options.spelling_option
@options.insecure_option
@option("--dry-run", is_flag=True, help="Send nothing; print a curl line for each request.")
@option("-v", "--verbose", is_flag=True, help="Print the phases of each attempt and the answer as well.")
@click.pass_context
@done_by("mock_alohub.cli.actions.send:send")
def send() -> None:
    """Send calls to an endpoint, as they are or with faults.

    Each message is sent once, under the deadline of its webhook; nothing is retried. One line is printed for each.
    """
