"""Calls over the control API."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from mock_alohub.calls.call import Direction, Outcome
from mock_alohub.providers.provider import tells_of
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from tests.fakes import AUTO_CALL, CALL_ENDED
from tests.server.alohub import Mock
from tests.server.asking import API, answered, asked, placed, registered

LATER = "2099-01-01T00:00:00"


async def _payloads(one: Mock, calls: Any) -> list[Any]:
    numbers = [number for call in calls["calls"] for number in call["deliveries"]]
    replies = [await one.ask("GET", f"{API}/deliveries/{number}") for number in numbers]
    return [orjson.loads(reply.json["message"]["body"]) for reply in replies]


def sent(path: Path, **wishes: Any) -> list[Any]:
    """The payloads of calls that are placed."""

    async def scenario(one: Mock) -> list[Any]:
        await registered(one)
        return await _payloads(one, await placed(one, **wishes))

    return asked(path, scenario)


def test_a_call_has_the_facts_that_were_wished_for(tmp_path: Path) -> None:
    (payload,) = sent(
        tmp_path,
        outcome="answered",
        direction="outbound",
        ended_by="customer",
        customer_number="0900000001",
        hotline="19001234",
        transaction_id="MY_ID",
        agent={"extension": "6688", "account": "agent07"},
        ring_s=5,
        talk_s=295,
        held_s=10,
    )
    wanted = {
        "call_status": "answered",
        "direction": "outbound",
        "hangup_by": "customer",
        "caller_number": "0900000001",
        "hotline": "19001234",
        "transactionID": "MY_ID",
        "destination_number": "6688",
        "userName": "agent07",
        "total_duration": "300",
        "holding_duration": "10",
    }
    assert {name: payload[name] for name in wanted} == wanted


def test_calls_without_wishes_are_valid_messages(tmp_path: Path) -> None:
    validator = Validator(Specification.load().webhook("alohub.call-ended"))
    assert all(validator.is_valid(payload) for payload in sent(tmp_path, count=50, seed=3))


def test_the_same_seed_gives_the_same_facts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    facts = [
        [(one["call_status"], one["caller_number"], one["total_duration"]) for one in sent(tmp_path / name, **wishes)]
        for name, wishes in (("a", {"count": 9, "seed": 5}), ("b", {"count": 9, "seed": 5}))
    ]
    assert facts[0] == facts[1]


def test_ids_of_calls_that_are_placed_together_are_different(tmp_path: Path) -> None:
    ids = [payload["call_id"] for payload in sent(tmp_path, count=200)]
    assert len(set(ids)) == 200


def test_fields_can_be_set_to_anything(tmp_path: Path) -> None:
    (payload,) = sent(tmp_path, set={"objectId": 99, "addedLater": [1.0]})
    assert (payload["objectId"], payload["addedLater"]) == (99, [1.0])


def test_only_what_is_asked_for_is_sent(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        await registered(one)
        wished: list[dict[str, Any]] = [{}, {"webhooks": ["alohub.auto-call"]}, {"webhooks": []}]
        return [(await placed(one, outcome="answered", **wishes))["deliveries"] for wishes in wished]

    assert asked(tmp_path, scenario) == [1, 2, 3]


@pytest.mark.parametrize(
    ("named", "sent"),
    [
        ([], {CALL_ENDED: 1}),
        (["alohub.call-ended"], {CALL_ENDED: 1}),
        (["alohub.auto-call"], {AUTO_CALL: 2}),
        (["alohub"], {CALL_ENDED: 1, AUTO_CALL: 2}),
    ],
)
def test_where_nothing_is_asked_for_an_endpoint_gets_what_it_names(
    named: list[str], sent: dict[str, int], tmp_path: Path
) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one, webhooks=named)
        await placed(one, outcome="answered")
        return (await one.ask("GET", f"{API}/deliveries")).json["items"]

    assert Counter(item["webhook"] for item in asked(tmp_path, scenario)) == sent


def test_what_one_endpoint_names_is_not_sent_to_another(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one)
        await registered(one, webhooks=["alohub.auto-call"])
        await placed(one, outcome="busy")
        return (await one.ask("GET", f"{API}/deliveries")).json["items"]

    found = {(item["endpoint"], item["webhook"]) for item in asked(tmp_path, scenario)}
    assert found == {(1, CALL_ENDED), (2, AUTO_CALL)}


def test_a_call_that_nobody_wants_comes_with_a_hint(tmp_path: Path) -> None:
    reply = answered(tmp_path, "POST", f"{API}/calls", {})
    assert (reply.status, reply.json["deliveries"]) == (201, 0)
    assert reply.json["hint"] == "no endpoint here is enabled: register one with POST /api/v1/endpoints"


def test_a_webhook_that_no_endpoint_wants_is_named_beside_those_they_want(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> str:
        await registered(one, webhooks=["alohub.call-ended"])
        return str((await placed(one, webhooks=["alohub.auto-call"]))["hint"])

    said = "no enabled endpoint wants `alohub.auto-call`; they want `alohub.call-ended`"
    assert asked(tmp_path, scenario) == said


def test_a_call_that_a_webhook_does_not_tell_of_is_said_to_be_one(tmp_path: Path) -> None:
    known = Specification.load()
    partial, other = next(
        (webhook.name, direction)
        for webhook in known.webhooks.values()
        for direction in Direction
        if not tells_of(webhook, Outcome.ANSWERED, direction)
    )

    async def scenario(one: Mock) -> str:
        await registered(one, webhooks=[partial])
        return str((await placed(one, outcome="answered", direction=other.value))["hint"])

    assert asked(tmp_path, scenario) == f"`{partial}` says nothing of such calls: ask for another outcome or direction"


def test_a_body_is_not_needed(tmp_path: Path) -> None:
    assert answered(tmp_path, "POST", f"{API}/calls").status == 201


def test_a_call_that_starts_later_is_told_of_when_it_ends(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one)
        number = (await placed(one, at=LATER, outcome="answered", ring_s=5, talk_s=55))["calls"][0]["deliveries"][0]
        return (await one.ask("GET", f"{API}/deliveries/{number}")).json

    shown = asked(tmp_path, scenario)
    assert (shown["state"], shown["next_at"]) == ("waiting", "2098-12-31T17:01:00Z")


def test_duplicates_are_deliveries_of_their_own(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        await registered(one)
        return int((await placed(one, faults=["duplicate"], count=3))["deliveries"])

    assert asked(tmp_path, scenario) == 6


@pytest.mark.parametrize(
    "wishes",
    [
        {"outcome": "busy", "talk_s": 5},
        {"outcome": "failed", "ended_by": "agent"},
        {"outcome": "answered", "talk_s": 5, "held_s": 6},
        {"agent": None, "ended_by": "agent"},
    ],
)
def test_wishes_that_contradict_each_other_are_a_conflict(wishes: dict[str, Any], tmp_path: Path) -> None:
    assert answered(tmp_path, "POST", f"{API}/calls", wishes).status == 409


def test_every_flaw_is_told_at_once_with_the_nearest_name(tmp_path: Path) -> None:
    reply = answered(tmp_path, "POST", f"{API}/calls", {"outcome": "bussy", "cuont": 2, "faults": ["dupplicate"]})
    nearest = {flaw["pointer"]: flaw["nearest"] for flaw in reply.json["errors"]}
    assert nearest == {"/outcome": "busy", "/cuont": "count", "/faults/0": "duplicate"}


def test_whole_numbers_may_be_written_with_a_point(tmp_path: Path) -> None:
    reply = answered(
        tmp_path, "POST", f"{API}/calls", body=b'{"count": 2.0}', headers={"content-type": "application/json"}
    )
    assert len(reply.json["calls"]) == 2
