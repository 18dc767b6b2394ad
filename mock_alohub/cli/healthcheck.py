"""`mock-alohub healthcheck URL`: whether a mock server is well, for Docker's HEALTHCHECK and for scripts that wait."""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final

import click

from mock_alohub.cli.option import Parsed, argument, option
from mock_alohub.cli.options import duration
from mock_alohub.cli.verb import Verb
from mock_alohub.endpoint import URL, parse_url
from mock_alohub.errors import ExitCode

SERVER: Final = "http://127.0.0.1:8080"
PATH: Final = "/readyz"
_SHOWN: Final = 200
EXIT_CODES: Final = {"0": "the server takes calls", "1": "it does not, or does not answer", "2": "wrong usage"}


@click.command(cls=Verb, lists={"Exit codes": EXIT_CODES})
@argument("url", type=Parsed("URL", parse_url), metavar="URL", default=SERVER, required=False)
@option("--timeout", type=Parsed("DURATION", duration), default="2s", show_default=True, metavar="DURATION",
        help="How long to wait for an answer.")  # fmt: skip
def healthcheck(url: URL, timeout: float) -> ExitCode:
    """Say whether a mock server is well.

    URL is where it is, http://127.0.0.1:8080 when it is not given. No token is needed. Nothing is printed when all is
    well.
    """
    wrong = _trouble(url, timeout)
    if wrong:
        print(f"{url.scheme}://{url.authority} is not well: {wrong}", file=sys.stderr)
        return ExitCode.BROKEN
    return ExitCode.KEPT


def _trouble(url: URL, timeout_s: float) -> str:
    """What is wrong with the server, "" when nothing is."""
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.host, url.port, timeout=timeout_s)
    try:
        connection.request("GET", url.target.rstrip("/") + PATH)
        answer = connection.getresponse()
        body = answer.read(_SHOWN).decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        return (str(error) or type(error).__name__).lower()
    finally:
        connection.close()
    return "" if answer.status == 200 else f"it answers {answer.status} {body}"
