from __future__ import annotations

import json

import orjson
import pytest

from mock_alohub.check import schemathesis_source
from mock_alohub.check.evidence import Expect
from mock_alohub.errors import MissingExtra
from mock_alohub.messages.attempt import Attempt, Cause
from tests.fakes import LATE, answers, failed, message, replied, subject, trying

REJECTED = ["robust.malformed-json", "robust.wrong-shape", "robust.bad-encoding", "robust.wrong-content-type"]
SURVIVED = ["robust.missing-field", "robust.wrong-type", "robust.deep-nesting", "robust.large-body"]
RESET = failed(Cause.RESET, "the endpoint reset the connection without an answer")
NOT_REJECTED = {"200": replied(200), "302": replied(302), "500": replied(500), "late": LATE, "reset": RESET}


@pytest.mark.parametrize("rule", REJECTED)
@pytest.mark.parametrize("attempt", NOT_REJECTED.values(), ids=NOT_REJECTED)
def test_what_is_no_call_and_not_rejected_is_found(rule: str, attempt: Attempt) -> None:
    tries = trying(rule, answers(attempt))
    assert tries.broken_cases == tries.cases


@pytest.mark.parametrize("rule", REJECTED)
@pytest.mark.parametrize("status", [400, 413, 415, 422, 499])
def test_what_is_no_call_may_be_rejected_with_any_4xx(rule: str, status: int) -> None:
    assert trying(rule, answers(replied(status))).findings == []


@pytest.mark.parametrize("rule", SURVIVED)
@pytest.mark.parametrize("status", [200, 204, 400, 413, 422])
def test_what_does_no_harm_may_be_answered_in_any_words(rule: str, status: int) -> None:
    assert trying(rule, answers(replied(status))).findings == []


@pytest.mark.parametrize("rule", SURVIVED)
@pytest.mark.parametrize("attempt", [replied(500), LATE], ids=["500", "late"])
def test_what_does_harm_is_found(rule: str, attempt: Attempt) -> None:
    tries = trying(rule, answers(attempt))
    assert tries.broken_cases == tries.cases


def test_broken_json_is_broken() -> None:
    def parses(body: bytes) -> bool:
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError:
            return False
        return True

    assert not any(parses(body) for body in trying("robust.malformed-json", answers(replied(400))).bodies)


def test_nan_is_what_a_lenient_parser_takes() -> None:
    *_, body = trying("robust.malformed-json", answers(replied(400))).bodies
    assert str(json.loads(body)["addedLater"]) == "nan"


def test_an_empty_body_is_tried() -> None:
    assert b"" in trying("robust.malformed-json", answers(replied(400))).bodies


def test_no_shape_is_an_object() -> None:
    shapes = [orjson.loads(body) for body in trying("robust.wrong-shape", answers(replied(400))).bodies]
    assert [type(one) for one in shapes] == [list, list, str, int, type(None)]


def test_each_field_is_missing_once() -> None:
    names = set(message().payload)
    missing = [names - set(one) for one in trying("robust.missing-field").payloads]
    assert missing == [{field.name} for field in subject().fields]


def test_each_field_has_four_values_of_another_type() -> None:
    assert len(trying("robust.wrong-type").cases) == 4 * len(subject().fields)


def test_another_type_is_never_the_schemas_own() -> None:
    tries = trying("robust.wrong-type")
    kinds = {"string": str, "integer": int}
    pairs = zip((field for field in subject().fields for _ in range(4)), tries.payloads, strict=True)
    assert not any(isinstance(payload[field.name], kinds[field.type]) for field, payload in pairs)


@pytest.mark.parametrize("number", range(3))
def test_bad_encoding_is_no_utf_8(number: int) -> None:
    body = trying("robust.bad-encoding", answers(replied(400))).bodies[number]
    with pytest.raises(UnicodeDecodeError):
        body.decode()


def test_nesting_is_deep_and_closed() -> None:
    (body,) = trying("robust.deep-nesting").bodies
    assert body.count(b"[") == body.count(b"]") == 20_000


def test_a_large_body_has_a_mebibyte() -> None:
    (body,) = trying("robust.large-body").bodies
    assert 1 << 20 < len(body) < (1 << 20) + 4096


def test_a_connection_closed_on_a_large_body_is_a_refusal() -> None:
    assert trying("robust.large-body", answers(RESET)).findings == []


@pytest.mark.parametrize("rule", ["robust.missing-field", "robust.wrong-type", "robust.deep-nesting"])
def test_a_connection_closed_on_a_small_body_is_harm(rule: str) -> None:
    assert trying(rule, answers(RESET)).findings


def test_other_content_types_are_announced() -> None:
    sent = trying("robust.wrong-content-type", answers(replied(415))).sent
    assert [dict(one.request.headers)["Content-Type"] for one in sent] == [
        "text/plain",
        "application/x-www-form-urlencoded",
    ]


def test_half_of_the_body_is_sent() -> None:
    _, cut, _ = trying("robust.truncated-body").sent
    assert cut.wire.cut_at == len(cut.request.body) // 2


def test_half_a_body_is_followed_by_an_ordinary_call() -> None:
    *_, last = trying("robust.truncated-body").sent
    assert last.wire.cut_at is None


def test_only_the_call_after_half_a_body_is_judged() -> None:
    assert trying("robust.truncated-body", answers(replied(200), failed(Cause.HUNG_UP), replied(200))).findings == []


def test_an_endpoint_that_half_a_body_brings_down_is_found() -> None:
    tries = trying("robust.truncated-body", answers(replied(200), failed(Cause.HUNG_UP), failed(Cause.REFUSED)))
    assert [finding.wanted for finding in tries.findings] == ["200 to the next ordinary call"]


def test_an_endpoint_that_hangs_after_half_a_body_is_found() -> None:
    tries = trying("robust.truncated-body", answers(replied(200), failed(Cause.HUNG_UP), failed(Cause.DEADLINE)))
    assert len(tries.findings) == 1


def test_half_a_body_is_not_sent_to_an_endpoint_that_takes_no_calls_any_more() -> None:
    assert len(trying("robust.truncated-body", answers(replied(403))).sent) == 1


def test_generated_messages_can_be_switched_off() -> None:
    assert trying("robust.generated", generated=0).skips == ["switched off with --generated 0"]


@pytest.fixture(scope="module")
def generated() -> list[tuple[Expect, bytes]]:
    tries = trying("robust.generated", generated=6)
    return [(one.expect, one.request.body) for one in tries.harness.evidence]


def test_generated_messages_are_valid_and_invalid(generated: list[tuple[Expect, bytes]]) -> None:
    assert [expect for expect, _ in generated] == [Expect.TAKEN, Expect.SURVIVED] * 3


def test_a_few_broken_generated_messages_are_enough() -> None:
    assert len(trying("robust.generated", answers(replied(500)), generated=16).findings) == 5


def test_without_the_extra_generated_messages_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks() -> None:
        raise MissingExtra("generating messages", "contract")

    monkeypatch.setattr(schemathesis_source, "demand", lacks)
    (reason,) = trying("robust.generated", generated=6).skips
    assert "pip install 'mock-alohub[contract]'" in reason


def test_an_endpoint_that_lives_on_is_fine() -> None:
    assert trying("robust.alive-afterwards").findings == []


def test_an_endpoint_that_still_works_off_a_crowd_is_asked_again() -> None:
    assert trying("robust.alive-afterwards", answers(LATE, LATE, replied(200))).findings == []


@pytest.mark.parametrize("attempt", [LATE, replied(500), failed(Cause.REFUSED)], ids=["late", "500", "refused"])
def test_an_endpoint_that_is_down_in_the_end_is_found(attempt: Attempt) -> None:
    (finding,) = trying("robust.alive-afterwards", answers(attempt)).findings
    assert finding.wanted == "200: the endpoint still works"
