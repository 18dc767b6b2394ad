"""`docs/alohub-rest.md` says what the description and the code say, and its commands work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.bundle import ROOT
from mock_alohub.server.providers.alohub.errors import FAILURES
from mock_alohub.server.providers.dialled_call import EXTENSIONS, FATES, ORDINARY
from mock_alohub.specification.specification import Specification
from tests.server.alohub import served

PAGE = (ROOT / "docs" / "alohub-rest.md").read_text(encoding="utf-8")
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (method.upper(), path, operation)
    for path, item in Specification.load().document["paths"].items()
    for method, operation in item.items()
    if method != "parameters" and "Alohub REST" in operation["tags"]
]


def sources(operation: dict[str, Any]) -> str:
    """What the description says of the sources, on one line."""
    text = re.split(r"Sources?(?: of the name)?: ", operation["description"])[-1]
    return " ".join(text.split()).rstrip(".")


def assumed() -> Iterator[str]:
    """What is assumed of each route; one that also goes by another path is told of once."""
    for method, path, operation in OPERATIONS:
        if operation["operationId"].startswith("alohubApi") or method == "HEAD":
            continue
        for what, why in operation["x-assumed"].items():
            yield f"| `{path}` | {what} | {why} |"


TABLES = {
    "routes": [
        f"| {method} | `{path}` | {operation['summary']} | {operation.get('x-scope', '-')} | {sources(operation)} |"
        for method, path, operation in OPERATIONS
    ],
    "assumed": list(assumed()),
    "numbers": [
        f"| any other | {ORDINARY.says} |",
        *(f"| `{ending}` | {fate.says} |" for ending, fate in FATES.items()),
    ],
    "extensions": [f"| `{extension}` | {refusal.says} |" for extension, refusal in EXTENSIONS.items()],
    "failures": [
        f"| {failure.status} | `{code}` | {failure.means} | {failure.known} |" for code, failure in FAILURES.items()
    ],
}


@pytest.mark.parametrize("rows", TABLES.values(), ids=TABLES)
def test_the_page_has_the_rows_and_no_others(rows: list[str]) -> None:
    lines = PAGE.splitlines()
    first = lines.index(rows[0])
    assert lines[first : first + len(rows) + 1] == [*rows, ""]


def commands() -> list[str]:
    """The commands of the page in their order."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [one for block in blocks for one in re.split(r"(?<!\\)\n", block.strip())]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_page_place_a_call_find_it_and_fetch_its_recording(tmp_path: Path) -> None:
    start, *curls = commands()
    answers: list[Any] = []
    with served(tmp_path, *start.split()[1:]) as (url, _):
        for line in curls:
            command = line.replace("http://127.0.0.1:8080", url).replace("\\\n", " ").replace("curl ", "curl -sS ", 1)
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=True,
                timeout=120,
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            )
            answers.append(json.loads(done.stdout) if done.stdout else None)
    endpoint, placed, waited, messages, found, refused, _ = answers
    assert endpoint["key"] == "masked"
    assert placed["success"] == "1"
    assert waited["matched"] == 1
    assert json.loads(messages["items"][0]["body"])["transactionID"] == "ALOHUB_3432323435545"
    assert [item["transactionID"] for item in found["data"]] == ["ALOHUB_3432323435545"]
    assert refused["error_code"] == "9"
    assert (tmp_path / "call.mp3").read_bytes().startswith(b"ID3")
