"""VoipAppz's messages: as its document shows them, valid for every call there can be, and nothing told too early."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import jsonschema
import orjson
import pytest

from mock_alohub.calls.call import Call, Direction, Moment, Outcome, Queue, QueueEnd
from mock_alohub.calls.call_details import life_of, uuid_of, with_life
from mock_alohub.messages.message import Payload
from mock_alohub.providers.provider import moments
from mock_alohub.providers.voipappz import VOIPAPPZ, clock_time, land_line, mobile, provider, summer_time
from mock_alohub.specification.body_template import fields_of, rendered
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook, spellings
from tests.fakes import simulator

WEBHOOKS: Final = {name: one for name, one in Specification.load().webhooks.items() if one.provider == "voipappz"}
HANGUP, REPORTING = WEBHOOKS["voipappz.call-hangup"], WEBHOOKS["voipappz.call-reporting"]
SAMPLE: Final = Path(__file__).parents[1] / "data" / "voipappz" / "sample.json"

every_webhook = pytest.mark.parametrize("webhook", WEBHOOKS.values(), ids=WEBHOOKS)


def sample() -> Payload:
    """The sample of the document, made valid JSON: comments and stray commas gone, the destination quoted, closed."""
    payload: Payload = orjson.loads(SAMPLE.read_bytes())
    return payload


def told(call: Call, webhook: Webhook = REPORTING) -> Payload:
    return VOIPAPPZ.render(webhook, call, Moment(webhook.fires[0]))


def call(**wishes: Any) -> Call:
    return with_life(simulator().call(**wishes), local=False)


def test_the_documents_own_sample_is_what_a_report_says() -> None:
    assert Validator(REPORTING).problems(sample()) == []
    assert jsonschema.Draft202012Validator(dict(REPORTING.schema)).is_valid(sample())


def test_the_fields_are_those_of_the_sample_in_its_order() -> None:
    assert [list(webhook.schema["properties"]) for webhook in WEBHOOKS.values()] == [list(sample())] * 6
    assert list(told(call())) == list(sample())


def test_there_are_six_events() -> None:
    assert {name: webhook.fires for name, webhook in WEBHOOKS.items()} == {
        "voipappz.call-ringing": ("ringing",),
        "voipappz.call-answer": ("answered",),
        "voipappz.call-hangup": ("ended",),
        "voipappz.call-reporting": ("reported",),
        "voipappz.ivr-start": ("ivr-started",),
        "voipappz.ivr-end": ("ivr-ended",),
    }


@pytest.mark.parametrize(
    ("wishes", "events"),
    [
        ({"outcome": Outcome.ANSWERED, "direction": Direction.OUTBOUND}, ["ringing", "answer", "hangup", "reporting"]),
        ({"outcome": Outcome.NO_ANSWER, "direction": Direction.OUTBOUND}, ["ringing", "hangup", "reporting"]),
        ({"outcome": Outcome.FAILED, "direction": Direction.OUTBOUND}, ["hangup", "reporting"]),
        (
            {"outcome": Outcome.ANSWERED, "direction": Direction.INBOUND},
            ["ringing", "answer", "hangup", "reporting", "start", "end"],
        ),
    ],
)
def test_the_events_of_a_call_follow_from_its_facts(wishes: dict[str, Any], events: list[str]) -> None:
    one = with_life(simulator().call(**wishes), ivr=True)
    assert [name.rpartition("-")[2] for name, webhook in WEBHOOKS.items() if moments(webhook, one)] == events


@every_webhook
def test_nothing_is_told_before_it_is_known(webhook: Webhook) -> None:
    unknown = {name for name, field in webhook.schema["properties"].items() if field["type"] == "null"}
    early = {
        "call-ringing": 10,
        "ivr-start": 10,
        "ivr-end": 10,
        "call-answer": 8,
        "call-hangup": 2,
        "call-reporting": 0,
    }
    assert len(unknown) == early[webhook.name.partition(".")[2]]
    assert {told(call(), webhook)[name] for name in unknown} <= {None}


def test_the_numbers_of_a_report_fit_each_other() -> None:
    one = call(outcome=Outcome.ANSWERED, direction=Direction.OUTBOUND, ring_s=12, talk_s=3_700, held_s=0)
    payload = told(one)
    assert (payload["duration"], payload["duration_time"]) == (3_712, "01:01:52")
    assert (payload["billing_duration"], payload["billing_duration_time"]) == (3_700, "01:01:40")
    assert (payload["ring_duration"], payload["cause"], payload["sip_status"]) == (12, "answer", "200")
    assert payload["recording_url"].endswith(f"/recordings/{payload['uuid']}")


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.ANSWERED, "answer"),
        (Outcome.BUSY, "busy"),
        (Outcome.NO_ANSWER, "no_answer"),
        (Outcome.FAILED, "no_answer"),
        (Outcome.CANCELED, "no_answer"),
    ],
)
def test_every_outcome_has_one_of_the_three_causes(outcome: Outcome, cause: str) -> None:
    assert told(call(outcome=outcome), HANGUP)["cause"] == cause
    assert cause in spellings(HANGUP).values()


def test_the_clock_of_the_day_is_israels_and_the_creation_is_in_utc() -> None:
    at = datetime(2024, 12, 3, 4, 4, 40)  # noqa: DTZ001 - calls have no zone
    payload = told(call(at=at, outcome=Outcome.ANSWERED, ring_s=5))
    assert (payload["created_at"], payload["start_at"], payload["answer_at"]) == (
        "2024-12-02T21:04:40.000+00:00",
        "23:04:40",
        "23:04:45",
    )


def test_summer_time_is_israels() -> None:
    zone, start = ZoneInfo("Asia/Jerusalem"), datetime(2024, 1, 1, tzinfo=UTC)
    hours = (start + timedelta(hours=hour) for hour in range(24 * 366 * 5))
    wrong = [at for at in hours if summer_time(at) != (at.astimezone(zone).dst() != timedelta(0))]
    assert wrong == []


def test_one_call_has_one_uuid_in_all_its_events() -> None:
    one = with_life(call(outcome=Outcome.ANSWERED, direction=Direction.INBOUND), ivr=True)
    assert {told(one, webhook)["uuid"] for webhook in WEBHOOKS.values()} == {str(uuid_of(one))}


def test_numbers_have_the_forms_of_the_sample() -> None:
    payload = told(call(direction=Direction.INBOUND, hotline="19001234", customer_number="0971234567"))
    assert (payload["contact_number"], payload["caller_id_number"]) == ("0571234567", "0571234567")
    assert (payload["destination"], payload["did_number"]) == ("0729001234", "972729001234")


def test_made_up_numbers_are_whole_whatever_they_are_made_of() -> None:
    assert [mobile(text) for text in ("0971234567", "84 97 123", "", "anonymous")] == [
        "0571234567",
        "0508497123",
        None,
        None,
    ]
    assert [land_line(text) for text in ("19001234", "113", "")] == ["0729001234", "0720000113", "0720000000"]


@pytest.mark.parametrize(("direction", "word"), [(Direction.INBOUND, "incoming"), (Direction.OUTBOUND, "outgoing")])
def test_the_direction_is_told_in_the_documents_word(direction: Direction, word: str) -> None:
    assert told(call(direction=direction))["direction"] == word


@pytest.mark.parametrize(
    ("direction", "queue", "kind"),
    [
        (Direction.INBOUND, Queue("Sales", 3, QueueEnd.ANSWERED), "did_to_que"),
        (Direction.INBOUND, None, "did_to_extension"),
        (Direction.OUTBOUND, None, "extension_to_number"),
    ],
)
def test_a_call_is_of_the_type_of_its_two_ends(direction: Direction, queue: Queue | None, kind: str) -> None:
    assert told(with_life(call(direction=direction), queue=queue))["type"] == kind


@pytest.mark.parametrize(
    ("end", "word"),
    [(QueueEnd.ANSWERED, "answer"), (QueueEnd.TIMEOUT, "timeout"), (QueueEnd.ABANDONED, "abandoned")],
)
def test_how_the_wait_in_a_queue_ended_is_told(end: QueueEnd, word: str) -> None:
    payload = told(with_life(call(direction=Direction.INBOUND), queue=Queue("Sales", 3, end)))
    assert (payload["queue_name"], payload["queue_disposition"]) == ("Sales", word)


def test_a_call_that_waited_in_no_queue_tells_of_none() -> None:
    payload = told(with_life(call(direction=Direction.INBOUND), queue=None))
    assert (payload["queue_name"], payload["queue_disposition"]) == (None, None)


def test_a_call_between_colleagues_names_the_other_extension() -> None:
    one = with_life(simulator().call(direction=Direction.OUTBOUND), local=True)
    payload = told(one)
    assert payload["type"] == "extension_to_extension"
    assert payload["contact_number"] == payload["destination"] == life_of(one).colleague


def test_where_recordings_lie_and_what_the_environment_is_called_can_be_said() -> None:
    mine = provider("http://mock.test", "ITD2024")
    payload = mine.render(HANGUP, call(outcome=Outcome.ANSWERED), Moment.ENDED)
    assert payload["environment_name"] == "ITD2024"
    assert payload["recording_url"] == f"http://mock.test/recordings/{payload['uuid']}"


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00:00"), (59, "00:00:59"), (360_000, "100:00:00")])
def test_a_duration_is_written_as_a_clock_shows_it(seconds: int, text: str) -> None:
    assert clock_time(seconds) == text


def test_the_default_template_says_what_the_message_says() -> None:
    payload = json.loads(json.dumps(told(call())))
    template = "{" + ", ".join(f'"{name}": {{{{{name}}}}}' for name in payload) + "}"
    assert fields_of(template) == tuple(sample())
    assert json.loads(rendered(template, payload)) == payload


# One field corrupted: the schema refuses it, but for what the documents leave to the partner.

TEXTS: Final[Mapping[str, tuple[object, ...]]] = {
    "direction": ("", "outbound", "OUTGOING", "outgoing\n"),
    "uuid": ("", "bfd7e62a", "BFD7E62A-5A55-4286-9453-B4B4CFC5CCA8", "bfd7e62a-5a55-4286-9453-b4b4cfc5cca8\n"),
    "type": ("", "did to que", "did_to_que\n", "Did"),
    "created_at": ("", "2024-12-02", "2024-12-02T21:04:40+00:00", "2024-13-02T21:04:40.701+00:00", "1733173480"),
    "contact_number": ("", "anonymous", "05 27", "0527654321\n"),
    "caller_id_number": ("", "anonymous", "05 27", "0527654321\n"),
    "duration": ("60", "00:01:00", -1, 60.5),
    "ring_duration": ("30", -1, 0.5),
    "destination": ("03-900", "039000000\n", 39000000),
    "start_at": ("", "24:00:00", "23:04", "2024-12-02T23:04:40", "23:04:40\n"),
    "answer_at": ("", "24:00:00", "23:04", "11:34 PM", "23:34:00\n"),
    "environment_name": ("", " ", 2024),
    "user_fullname": (7,),
    "user_name": (7,),
    "extension_username": (888,),
    "cause": ("", "answered", "ANSWER", "answer\n"),
    "sip_status": ("", "ok", "2000", "200\n", 200),
    "recording_url": ("", "file.mp3", "ftp://a/b", "https://a/b c", "https://a/b\n"),
    "duration_time": ("", "6:57", "00:60:00", "417", "00:06:57\n"),
    "billing_duration": ("60", -1, 0.5),
    "billing_duration_time": ("", "5:41", "00:05:61", "00:05:41\n"),
    "did_number": ("", "+972722791142", "did", "972722791142\n"),
    "did_name": ("", " ", 972722791142),
    "queue_disposition": ("", "timeouts", "TIMEOUT", "timeout\n"),
    "ivr_name": ("", " ", 1),
    "call_state": (1,),
    "queue_name": ("", " ", 1),
}
OF_ANOTHER_TYPE: Final[tuple[object, ...]] = (True, 1.5, [], {}, ["a"])
SURVIVORS: Final = {
    "contact_number": "null is documented",
    "caller_id_number": "null is documented",
    "user_fullname": "null is documented",
    "user_name": "null means none, as in the fields beside it",
    "extension_username": "null is documented",
    "queue_disposition": "null: the call was in no queue",
    "ivr_name": "null is documented",
    "call_state": "null is documented",
    "queue_name": "null: the call was in no queue",
}
"""Fields that may be null, and why."""


def corruptions() -> list[tuple[str, Payload]]:
    whole = sample()
    found = [(f"without {name}", {key: value for key, value in whole.items() if key != name}) for name in whole]
    for name, texts in TEXTS.items():
        found += [(f"{name} is {value!r}", {**whole, name: value}) for value in (*texts, *OF_ANOTHER_TYPE)]
        found.append((f"{name} is None", {**whole, name: None}))
    return [(says, payload) for says, payload in found if payload != whole]


def test_the_corruptions_cover_every_field() -> None:
    assert list(TEXTS) == list(sample())


def test_nearly_every_corruption_of_one_field_is_refused() -> None:
    validator = Validator(REPORTING)
    every = corruptions()
    survivors = [says for says, payload in every if validator.is_valid(payload)]
    assert {says.partition(" ")[0] for says in survivors} <= SURVIVORS.keys()
    assert all(says.endswith(" is None") for says in survivors)
    assert 1 - len(survivors) / len(every) >= 0.95, survivors


@every_webhook
@pytest.mark.parametrize("name", sample())
def test_no_field_may_be_missing(webhook: Webhook, name: str) -> None:
    payload = told(with_life(call(outcome=Outcome.ANSWERED, direction=Direction.INBOUND), ivr=True), webhook)
    assert Validator(webhook).is_valid(payload)
    del payload[name]
    assert not Validator(webhook).is_valid(payload)
