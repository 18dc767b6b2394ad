from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import orjson
import pytest

from mock_alohub.check import run as run_data
from mock_alohub.check.rules import BY_ID, signatures
from mock_alohub.check.run import Check, Progress, run
from mock_alohub.check.verdict import exit_code
from mock_alohub.errors import ExitCode
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.transmission import ORDINARY, Request, Wire
from mock_alohub.reports.record import Record, RuleRecord, read_record
from mock_alohub.specification.specification import Specification
from tests.fakes import (
    AUTO_CALL,
    CALL_ENDED,
    KEY,
    LATE,
    Answer,
    FakeSender,
    Partner,
    answers,
    counting,
    done,
    endpoint,
    failed,
    replied,
)

ALL = frozenset(BY_ID)


class _Transport(FakeSender):
    """An endpoint in memory, in the place of the network."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Record]:
    """Checks an endpoint in memory: the record."""

    def check(answer: Answer, *, key: str | None = KEY, url: str = "", **options: Any) -> Record:
        return done(run(_check(key, url, **options), Specification.load(), watch=lambda progress: None))

    def make(answer: Answer, **options: Any) -> Record:
        monkeypatch.setattr(run_data, "Transport", lambda verify_tls: _Transport(answer))
        return check(answer, **options)

    return make


def _check(key: str | None = KEY, url: str = "", **options: Any) -> Check:
    there = endpoint(url, key) if url else endpoint(key=key)
    wishes = {"webhooks": (CALL_ENDED, AUTO_CALL), "rules": ALL, "seed": 7, "generated": 0, "burst": 3, **options}
    return Check(there, **wishes)


Checked = Callable[..., Record]


def _rules(record: Record) -> dict[str, RuleRecord]:
    return {rule["id"]: rule for rule in record["rules"]}


def _broken(record: Record) -> set[str]:
    return {rule["id"] for rule in record["rules"] if rule["outcome"] == "fail"}


def _skipped(record: Record) -> dict[str, str]:
    return {rule["id"]: rule["reason"] for rule in record["rules"] if rule["outcome"] == "skip"}


def test_a_correct_endpoint_keeps_the_contract(checked: Checked) -> None:
    record = checked(Partner(), effects=counting(), strict=True)
    assert (record["verdict"], _broken(record)) == ("pass", set())


def test_of_a_correct_endpoint_only_what_does_not_concern_it_is_skipped(checked: Checked) -> None:
    skipped = _skipped(checked(Partner(), effects=counting()))
    # of what other webhooks have
    others = {"ack.local-call", "compat.optional-field", "compat.query-layout", "order.report-again"}
    signed = {rule.id for rule in signatures.RULES}
    assert set(skipped) == {"http.https", "http.tls", "robust.generated", *others, *signed}


def test_a_record_has_the_published_shape(checked: Checked) -> None:
    record = checked(Partner())
    assert read_record(orjson.dumps(record))["verdict"] == "pass"


def test_every_rule_is_in_the_record_in_the_order_of_the_catalogue(checked: Checked) -> None:
    assert [rule["id"] for rule in checked(Partner())["rules"]] == list(BY_ID)


def test_rules_that_were_not_chosen_are_not_in_the_record(checked: Checked) -> None:
    assert list(_rules(checked(Partner(), rules=frozenset({"ack.steady"})))) == ["ack.steady"]


def test_a_first_call_that_fails_is_told_whatever_was_chosen(checked: Checked) -> None:
    record = checked(answers(replied(401)), rules=frozenset({"ack.steady"}))
    assert (record["verdict"], _broken(record)) == ("fail", {"auth.accepts-key"})


def test_the_same_seed_sends_the_same(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[list[bytes]] = [[], []]
    now = datetime.now(UTC)
    monkeypatch.setattr(run_data, "datetime", type("At", (), {"now": staticmethod(lambda zone: now)}))
    for seen in bodies:
        partner = Partner()

        def keeps(request: Request, seen: list[bytes] = seen, partner: Partner = partner) -> Attempt:
            seen.append(request.body)
            return partner(request)

        checked(keeps)
    assert bodies[0] == bodies[1]


def _with_status(status: int) -> Answer:
    """A correct endpoint that says `status` for 200."""
    partner = Partner()

    def answer(request: Request) -> Attempt:
        attempt = partner(request)
        return replied(status) if attempt.status == 200 else attempt

    return answer


@pytest.mark.parametrize("status", [201, 202, 204, 302])
def test_another_status_than_200_reads_as_one_fault(checked: Checked, status: int) -> None:
    assert _broken(checked(_with_status(status))) == {"ack.exactly-200"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_reads_as_one_fault(checked: Checked, status: int) -> None:
    assert _broken(checked(answers(replied(status)))) == {"auth.accepts-key"}


def test_behind_a_refused_key_the_rest_says_that_it_was_not_tried(checked: Checked) -> None:
    reasons = set(_skipped(checked(answers(replied(401)))).values())
    assert "the first ordinary call was refused: 401 after 1 ms" in reasons


def test_nothing_is_sent_after_a_refused_key(checked: Checked) -> None:
    assert checked(answers(replied(401)))["counts"]["requests"] == 2


def test_an_endpoint_that_fails_on_everything_reads_as_one_fault(checked: Checked) -> None:
    assert _broken(checked(answers(replied(500)))) == {"ack.every-outcome"}


def test_an_endpoint_that_is_always_late_reads_as_one_fault(checked: Checked) -> None:
    assert _broken(checked(answers(LATE))) == {"deadline.within-5s"}


def test_an_endpoint_without_a_lock_on_the_door_reads_as_one_fault(checked: Checked) -> None:
    def open_door(request: Request) -> Attempt:
        keyed = tuple(one for one in request.headers if one[0] != "Authorization")
        return partner(Request(request.method, request.url, (*keyed, ("Authorization", KEY)), request.body))

    partner = Partner()
    broken = _broken(checked(open_door, strict=True))
    assert broken == {"auth.rejects-missing", "auth.rejects-wrong"}


def test_a_dead_endpoint_is_unreachable(checked: Checked) -> None:
    record = checked(answers(failed(Cause.REFUSED, "connection refused")))
    assert (record["verdict"], exit_code(record)) == ("unreachable", ExitCode.UNREACHABLE)
    assert record["reason"] == ("the endpoint could not be reached: connection refused (http://127.0.0.1:8000/hooks)")


def test_a_dead_endpoint_breaks_no_rule(checked: Checked) -> None:
    record = checked(answers(failed(Cause.REFUSED)))
    assert {rule["outcome"] for rule in record["rules"]} == {"skip"}


def test_a_bad_certificate_reads_as_one_fault(checked: Checked) -> None:
    record = checked(answers(failed(Cause.TLS, "its certificate has expired")), url="https://partner.example/")
    assert (record["verdict"], _broken(record)) == ("fail", {"http.tls"})


@pytest.mark.parametrize("attempt", [LATE, failed(Cause.TLS, "expired")], ids=["late", "TLS"])
def test_an_endpoint_of_which_nothing_could_be_judged_does_not_pass(checked: Checked, attempt: Attempt) -> None:
    record = checked(answers(attempt), rules=frozenset({"ack.steady"}))
    assert (record["verdict"], record["reason"].partition(":")[0]) in {
        ("unreachable", "the first ordinary calls were not answered in time"),
        ("unreachable", "the first ordinary call was not taken"),
    }


def test_a_webhook_that_was_not_tried_any_further_is_noted(checked: Checked) -> None:
    record = checked(answers(LATE, LATE, replied(200)), rules=frozenset({"ack.steady"}))
    assert f"{CALL_ENDED} was not tried any further" in record["notes"][0]


def test_a_check_without_a_key_is_noted(checked: Checked) -> None:
    record = checked(Partner(None), key=None)
    assert "no key was given, so whether strangers are refused was not tried" in record["notes"]


def test_a_check_without_a_key_tries_no_strangers(checked: Checked) -> None:
    assert "auth.rejects-wrong" in _skipped(checked(Partner(None), key=None))


def test_an_unverified_certificate_is_noted(checked: Checked) -> None:
    assert "--insecure: the certificate was not verified" in checked(Partner(), insecure=True)["notes"]


def test_musts_that_were_switched_off_are_noted(checked: Checked) -> None:
    record = checked(Partner(), rules=ALL - {"ack.steady", "http.https"})
    assert "MUST rules that were switched off: ack.steady" in record["notes"]


def test_a_whole_check_has_nothing_to_note(checked: Checked) -> None:
    assert checked(Partner())["notes"] == []


def test_progress_counts_up_to_all_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_data, "Transport", lambda verify_tls: _Transport(Partner()))
    seen: list[Progress] = []
    done(run(_check(), Specification.load(), watch=seen.append))
    assert [one.done for one in seen] == list(range(1, len(BY_ID) + 1))
    assert {one.total for one in seen} == {len(BY_ID)}


class _Interrupting(_Transport):
    """Somebody presses Ctrl-C while the hundredth request is under way."""

    async def send(self, request: Request, *, deadline_s: float, wire: Wire = ORDINARY, number: int = 1) -> Attempt:
        if len(self.sent) == 99:
            for task in asyncio.all_tasks():
                task.cancel()
        return await FakeSender.send(self, request, deadline_s=deadline_s, wire=wire, number=number)


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Record:
    monkeypatch.setattr(run_data, "Transport", lambda verify_tls: _Interrupting(Partner()))
    return done(run(_check(), Specification.load(), watch=lambda progress: None))


def test_an_interrupted_check_says_so(interrupted: Record) -> None:
    assert (interrupted["verdict"], interrupted["reason"]) == (
        "interrupted",
        "interrupted: this report is partial",
    )


def test_an_interrupted_check_tells_what_it_saw(interrupted: Record) -> None:
    assert interrupted["counts"]["requests"] == 99
    assert interrupted["counts"]["passed"] > 0


def test_what_was_not_tried_before_the_interruption_says_so(interrupted: Record) -> None:
    assert _skipped(interrupted)["robust.alive-afterwards"] == "interrupted before it was tried"


def test_an_interrupted_check_has_the_published_shape(interrupted: Record) -> None:
    assert read_record(orjson.dumps(interrupted))["verdict"] == "interrupted"
