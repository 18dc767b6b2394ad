"""`mock-alohub healthcheck URL`: whether a mock server is well, for Docker's HEALTHCHECK and for scripts that wait."""

from __future__ import annotations

from typing import Final

import click

from mock_alohub.cli import options
from mock_alohub.cli.later import done_by
from mock_alohub.cli.option import argument, option
from mock_alohub.cli.verb import Verb

SERVER: Final = "http://127.0.0.1:8080"
EXIT_CODES: Final = {"0": "the server takes calls", "1": "it does not, or does not answer", "2": "wrong usage"}


@click.command(cls=Verb, lists={"Exit codes": EXIT_CODES})
@argument("url", type=options.URL, metavar="URL", default=SERVER, required=False)
@option("--timeout", type=options.DURATION, default="2s", show_default=True, metavar="DURATION",
        help="How long to wait for an answer.")  # fmt: skip
@done_by("mock_alohub.cli.actions.healthcheck:healthcheck")
def healthcheck() -> None:
    """Say whether a mock server is well.

    URL is where it is, http://127.0.0.1:8080 when it is not given. No token is needed. Nothing is printed when all is
    well.
    """
