"""`mock-alohub load URL`: offer an endpoint calls at a rate, and say whether it holds."""

from __future__ import annotations

from typing import Final

import click

from mock_alohub.cli import options
from mock_alohub.cli.later import done_by
from mock_alohub.cli.load_options import load_options
from mock_alohub.cli.verb import Verb
from mock_alohub.load.profiles import PROFILES

_PROFILES: Final = {profile.name: profile.summary for profile in PROFILES}
EXIT_CODES: Final = {
    "0": "the endpoint holds",
    "1": "it does not, or it refused the first ordinary call",
    "2": "wrong usage or configuration; an endpoint that nobody called their own",
    "3": "the endpoint could not be reached, or the load could not be offered: nothing was judged",
    "70": "a defect of mock-alohub itself",
    "130": "interrupted",
}


@click.command(cls=Verb, lists={"Profiles": _PROFILES, "Exit codes": EXIT_CODES})
@options.optional_url_argument
@options.key_options
@load_options
@click.pass_context
@done_by("mock_alohub.cli.actions.load:load")
def load() -> None:
    """Offer an endpoint calls at a rate, and say whether it holds.

    Calls depart when they are due, however slow the endpoint is; each has the deadline of its webhook, and comes back
    as the provider retries it.
    """
