"""`docs/omicall.md` says what the specification and the code say, and its commands work."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from mock_alohub.server.providers.omicall.rest import REFUSING_EXTENSIONS, REFUSING_NUMBERS
from tests.omicall_page import PAGE, page
from tests.server.alohub import served
from tests.test_omicall_schemas import SAMPLE_OF, corrupted
from tests.zoo.broken import BROKEN

TEXT = PAGE.read_text(encoding="utf-8")


def test_its_tables_are_those_of_the_specification() -> None:
    """`python -m tests.omicall_page` writes them anew."""
    assert page(TEXT) == TEXT


def test_every_rule_it_says_is_broken_is_broken_in_the_zoo() -> None:
    found = TEXT[TEXT.index("## What is found") : TEXT.index("## The REST API")]
    named = set(re.findall(r"`((?:ack|order|compat|idempotency)\.[a-z-]+)`", found))
    ours = [member for member in BROKEN if any("omicall" in name for name in member.wishes.webhooks)]
    assert named == set().union(*(member.breaks for member in ours))


def test_its_count_of_corruptions_is_right() -> None:
    assert f"of {sum(len(list(corrupted(name))) for name in SAMPLE_OF)} messages" in TEXT


def test_its_failures_by_number_are_those_of_the_code() -> None:
    for ending, code in {**REFUSING_EXTENSIONS, **REFUSING_NUMBERS}.items():
        assert re.search(rf"`{ending}`\s+to `{code}`|`{ending}` leads to `{code}`", TEXT)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_its_commands_place_a_call_and_find_it(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT[TEXT.index("## The REST API") :], re.DOTALL)
    start, *curls = [one for block in blocks for one in re.split(r"(?<!\\)\n", block.strip())]
    now = int(time.time() * 1000)
    with served(tmp_path, *start.split()[1:]) as (url, _):
        answers = []
        for curl in curls:
            dated = curl.replace("from_date=NOW", f"from_date={now - 86_400_000}")
            dated = dated.replace("to_date=NOW", f"to_date={now + 86_400_000}")
            words = shlex.split(dated.replace("\\\n", " ").replace("http://127.0.0.1:8080", url))
            done = subprocess.run([*words, "-sS"], capture_output=True, text=True, timeout=120, check=True)
            answers.append(json.loads(done.stdout))
    _, registered, placed, waited, messages, calls = answers
    assert [one["type"] for one in registered["payload"]] == ["call", "call_event"]
    assert waited["matched"] == 4
    told = [json.loads(message["body"]) for message in messages["items"]]
    assert {one["state"] for one in told} == {"ringing", "answered", "hangup", "cdr"}
    [item] = calls["payload"]["items"]
    ids = {one.get("call_uuid") or one["transaction_id"] for one in told}
    assert ids == {item["transaction_id"]} == {placed["payload"]["call_uuid"]}
