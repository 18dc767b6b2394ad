"""`docs/alohaa.md` says what the specification and the code say, and its commands work."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from mock_alohub.calls.call import Agent, Party, Reason
from mock_alohub.providers.alohaa import agent_number, did, hangup_cause, ten_digits
from tests.alohaa_page import PAGE, page
from tests.server.alohub import served
from tests.zoo.broken import BROKEN

TEXT = PAGE.read_text(encoding="utf-8")
CAUSES = {
    "no answer": Reason.NO_ANSWER,
    "disconnected, turned away, given up": Reason.DECLINED,
    "busy": Reason.BUSY,
    "blocked": Reason.BLOCKED,
    "switched off": Reason.SWITCHED_OFF,
    "flight mode": Reason.FLIGHT_MODE,
    "wrong number": Reason.WRONG_NUMBER,
    "trouble of the network (not in Alohaa's table)": Reason.NETWORK,
    "answered, then hung up": Reason.HUNG_UP,
}


def test_its_tables_are_those_of_the_specification() -> None:
    """`python -m tests.alohaa_page` writes them anew."""
    assert page(TEXT) == TEXT


@pytest.mark.parametrize(("row", "reason"), CAUSES.items(), ids=CAUSES)
def test_its_table_of_hangup_causes_is_what_is_written(row: str, reason: Reason) -> None:
    initiator, receiver = (hangup_cause(reason, side) for side in (Party.AGENT, Party.CUSTOMER))
    assert f"| {row} | `{initiator}` | `{receiver}` |" in TEXT


def test_its_numbers_are_what_is_written() -> None:
    assert f"`0912345678` | `{ten_digits('0912345678')}` |" in TEXT
    assert f"`19001234` | `{did('19001234')}` |" in TEXT
    assert f"`6688` | `{agent_number(Agent('6688', '', ''))}` |" in TEXT
    assert f"`9676500042` or `919676500042` | `{ten_digits('919676500042')}` |" in TEXT


def test_every_rule_it_says_is_broken_is_broken_in_the_zoo() -> None:
    found = TEXT[TEXT.index("## What is found") : TEXT.index("## The REST API")]
    named = set(re.findall(r"`((?:ack|order|compat)\.[a-z-]+)`", found))
    ours = [member for member in BROKEN if any("alohaa" in name for name in member.wishes.webhooks)]
    assert named == set().union(*(member.breaks for member in ours))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_its_commands_place_a_call_and_find_it(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT[TEXT.index("## The REST API") :], re.DOTALL)
    start, *curls = [one for block in blocks for one in re.split(r"(?<!\\)\n", block.strip())]
    with served(tmp_path, *start.split()[1:]) as (url, _):
        answers = []
        for curl in curls:
            words = shlex.split(curl.replace("\\\n", " ").replace("http://127.0.0.1:8080", url))
            done = subprocess.run([*words, "-sS"], capture_output=True, text=True, timeout=120, check=True)
            answers.append(json.loads(done.stdout))
    registered, placed, waited, messages, logs = answers
    assert registered["webhooks"] == ["alohaa.outgoing-call"]
    assert placed["success"] is True
    assert waited["matched"] == 1
    [message] = messages["items"]
    payload = json.loads(message["body"])
    assert payload["metadata"] == {"ticketId": "67890"}
    [item] = logs["response"]["call_logs"]
    assert (item["_id"], item["receiver_number"]) == (payload["call_id"], "XXXXXX0042")
