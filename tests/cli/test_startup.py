"""What a start imports: a page of help waits for nothing that it does not show."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mock_alohub.cli import VERBS
from tests.cli.running import environment

SLOW = frozenset(
    {
        *("faker", "hypothesis", "jinja2", "jsonschema", "jsonschema_rs", "locust", "orjson", "schemathesis", "yaml"),
        *("asyncio", "httptools", "prometheus_client", "starlette", "uvicorn", "uvloop"),
        *("difflib", "email", "hashlib", "html", "http.client", "ipaddress", "logging", "pathlib", "secrets", "socket"),
        *("sqlite3", "ssl", "statistics", "tempfile", "tomllib", "traceback", "urllib.parse", "xml", "zoneinfo"),
    }
)
"""Modules that take a while to import. What pytest, or a plugin of it, has to do with is not here."""
FAULTS = frozenset({"hashlib", "orjson", "urllib.parse", "ipaddress"})
"""The faults that the help of `send` lists lie beside what they do: they change messages and signatures."""
SETTINGS = frozenset({"pathlib", "urllib.parse", "ipaddress"})
"""`rules` looks for its settings before the verb below it is asked for its help; pathlib brings the others."""
OF_RULES = SETTINGS | {"orjson", "hashlib"}
"""Rules lie beside what they do as well: they make and change messages and read URLs."""
PAGES: dict[tuple[str, ...], frozenset[str]] = {
    ("--help",): frozenset(),
    ("--version",): frozenset(),
    **{(verb, "--help"): FAULTS if verb == "send" else frozenset() for verb in VERBS},
    ("rules", "explain", "--help"): SETTINGS,
    ("rules",): OF_RULES,
}
"""Command lines, and what of the slow modules each may import."""
_CODE = """
import sys
before = set(sys.modules)
from mock_alohub.cli import main
main(sys.argv[1:])
print(*sys.modules.keys() - before, file=sys.stderr)
"""


def imported(*words: str) -> set[str]:
    """The modules that the command line imports for `words`."""
    command = [sys.executable, "-c", _CODE, *words]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_a_page_waits_for_nothing_slow_that_it_does_not_show(words: tuple[str, ...]) -> None:
    found = imported(*words)
    assert "click" in found
    assert found & SLOW <= PAGES[words]
