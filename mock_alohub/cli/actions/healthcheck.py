"""What `healthcheck` does: ask a mock server whether it is well."""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final

from mock_alohub.errors import ExitCode
from mock_alohub.messages.endpoint import URL

PATH: Final = "/readyz"
_SHOWN: Final = 200


def healthcheck(url: URL, timeout: float) -> ExitCode:
    """Say on standard error what is wrong with the server at `url`, nothing when all is well."""
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
