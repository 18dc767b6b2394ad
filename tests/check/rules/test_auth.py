from __future__ import annotations

import pytest

from mock_alohub.check.evidence import Expect
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.credential import another
from mock_alohub.messages.transmission import Request
from tests.fakes import (
    KEY,
    LATE,
    Partner,
    answers,
    counting,
    exchange,
    failed,
    found,
    judging,
    replied,
    skipped,
    trying,
)

STRANGERS = ["auth.rejects-missing", "auth.rejects-wrong", "auth.rejects-near-miss"]


def test_the_agreed_key_is_sent_as_it_is() -> None:
    assert [one.authorization for one in trying("auth.accepts-key").sent] == [KEY]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_found(status: int) -> None:
    (finding,) = trying("auth.accepts-key", answers(replied(status))).findings
    assert finding.wanted == "200: the agreed key is accepted"


def test_a_refusal_without_a_key_says_to_give_one() -> None:
    (finding,) = trying("auth.accepts-key", answers(replied(401)), key=None).findings
    assert "give the agreed one with --key" in finding.hint


@pytest.mark.parametrize("attempt", [replied(500), LATE, failed(Cause.RESET)], ids=["500", "late", "reset"])
def test_what_is_no_refusal_says_nothing_about_the_key(attempt: Attempt) -> None:
    tries = trying("auth.accepts-key", answers(attempt))
    assert (tries.findings, tries.skips[0].partition(":")[0]) == ([], "an ordinary call was neither taken nor refused")


def test_a_stranger_without_a_key_sends_no_header() -> None:
    assert [one.authorization for one in trying("auth.rejects-missing").sent] == [None]


def test_another_key_has_the_same_length() -> None:
    (sent,) = trying("auth.rejects-wrong").sent
    assert len(sent.authorization or "") == len(KEY)
    assert sent.authorization != KEY


def test_near_misses_are_each_tried() -> None:
    sent = [one.authorization for one in trying("auth.rejects-near-miss").sent]
    changed = [KEY[:-1], f"{KEY}x", KEY.swapcase(), f"{KEY[:-1]}-{KEY[-1]}", (another(KEY).value or "")[:1] + KEY[1:]]
    assert sent == ["", "%", *changed, f"x{KEY}x"]


def test_a_near_miss_that_the_key_does_not_have_is_skipped() -> None:
    assert trying("auth.rejects-near-miss", Partner("0123"), key="0123").skips == ["this key has no such near miss"]


@pytest.mark.parametrize("rule", STRANGERS)
def test_a_stranger_that_is_let_in_is_found(rule: str) -> None:
    tries = trying(rule, answers(replied(200)))
    assert tries.broken_cases == tries.cases


@pytest.mark.parametrize("rule", STRANGERS)
@pytest.mark.parametrize("status", [400, 404, 302, 500])
def test_a_stranger_may_be_refused_in_any_words(rule: str, status: int) -> None:
    assert trying(rule, answers(replied(status))).findings == []


@pytest.mark.parametrize("rule", STRANGERS)
def test_a_stranger_left_without_an_answer_is_found(rule: str) -> None:
    assert trying(rule, answers(LATE)).findings


def test_a_key_compared_without_case_is_found() -> None:
    def lax(request: Request) -> Attempt:
        given = dict(request.headers).get("Authorization", "")
        return replied(200 if given.lower() == KEY.lower() else 401)

    assert trying("auth.rejects-near-miss", lax).broken_cases == ["the key in changed case"]


def test_a_key_compared_by_its_beginning_is_found() -> None:
    def lax(request: Request) -> Attempt:
        return replied(200 if dict(request.headers).get("Authorization", "").startswith(KEY) else 401)

    assert trying("auth.rejects-near-miss", lax).broken_cases == ["the key plus a character"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_plain_refusal_has_the_right_status(status: int) -> None:
    assert found(judging("auth.refusal-status", exchange(replied(status), expect=Expect.REFUSED))) == []


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_a_refusal_with_another_status_is_found(status: int) -> None:
    (finding,) = found(judging("auth.refusal-status", exchange(replied(status), expect=Expect.REFUSED)))
    assert finding.wanted == "401 or 403"


def test_a_stranger_whose_connection_was_cut_was_refused_in_the_wrong_way() -> None:
    assert found(judging("auth.refusal-status", exchange(failed(Cause.RESET), expect=Expect.REFUSED)))


@pytest.mark.parametrize("attempt", [replied(200), LATE], ids=["let in", "late"])
def test_a_stranger_who_was_not_refused_has_no_refusal_status(attempt: Attempt) -> None:
    assert (
        skipped(judging("auth.refusal-status", exchange(attempt, expect=Expect.REFUSED))) == "no stranger was refused"
    )


def test_a_refused_call_that_is_not_processed_is_fine() -> None:
    assert trying("auth.refused-has-no-effect", Partner(), effects=counting()).findings == []


def test_a_refused_call_that_is_processed_is_found() -> None:
    partner = Partner()

    def processes_first(request: Request) -> Attempt:
        keyed = tuple((name, KEY if name == "Authorization" else value) for name, value in request.headers)
        partner(Request(request.method, request.url, keyed, request.body))
        return partner(request)

    (finding,) = trying("auth.refused-has-no-effect", processes_first, effects=counting()).findings
    assert (finding.got, finding.wanted) == ("processed once", "refused and not processed")


def test_without_any_effect_nothing_is_said_about_the_refused_call() -> None:
    tries = trying("auth.refused-has-no-effect", lambda request: replied(404), effects=counting())
    assert tries.skips == ["the effects URL shows no effect of an ordinary call either"]


def test_unreadable_effects_are_no_finding() -> None:
    tries = trying("auth.refused-has-no-effect", lambda request: replied(500), effects=counting())
    assert (tries.findings, tries.skips) == (
        [],
        ["the effects URL answered 500, wanted 200 (or 404 for an unknown call)"],
    )
