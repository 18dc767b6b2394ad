"""The number dialled decides how a call goes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.calls.call import ENDED_BY, Call, Outcome
from mock_alohub.providers.alohub import ALOHUB
from mock_alohub.providers.provider import messages_of
from mock_alohub.server.providers.alohub.errors import FAILURES, Code
from mock_alohub.server.providers.dialled_call import (
    EXTENSIONS,
    FATES,
    ORDINARY,
    Life,
    Refusal,
    agent_at,
    dialled,
    fate_of,
    is_extension,
    lived,
)
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook

AT = datetime(2024, 1, 13, 15, 0, 30)  # noqa: DTZ001 - local times of Vietnam carry no zone
LIVES = {ending: fate for ending, fate in FATES.items() if isinstance(fate, Life)}
WEBHOOKS = [webhook for webhook in Specification.load().webhooks.values() if webhook.provider == "alohub"]


def call_to(number: str) -> Call:
    life = fate_of(number)
    assert isinstance(life, Life)
    return lived("20240113150030000001", number, life, at=AT, agent=agent_at("888"), transaction_id="TRANSID_1111")


def test_an_ordinary_number_is_answered() -> None:
    assert fate_of("0912345678") is ORDINARY


@pytest.mark.parametrize("ending", FATES)
def test_a_number_is_told_by_its_last_seven_digits(ending: str) -> None:
    assert fate_of(f"090{ending}") is FATES[ending]


def test_the_form_with_the_countrys_code_means_the_same() -> None:
    assert fate_of("+84900000486") is fate_of("0900000486")


def test_every_ending_has_seven_digits() -> None:
    assert {len(ending) for ending in FATES if ending.isdecimal()} == {7}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_can_be_dialled(outcome: Outcome) -> None:
    assert outcome in {life.outcome for life in LIVES.values()}


@pytest.mark.parametrize("life", [ORDINARY, *LIVES.values()], ids=lambda life: life.says)
def test_only_those_who_can_end_such_a_call_do(life: Life) -> None:
    assert life.ended_by in ENDED_BY[life.outcome]


@pytest.mark.parametrize("life", LIVES.values(), ids=lambda life: life.says)
def test_what_a_life_says_begins_with_its_outcome(life: Life) -> None:
    assert life.says.startswith(life.outcome.replace("_", " "))


@pytest.mark.parametrize("ending", ["0912345", *LIVES])
@pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda webhook: webhook.name)
def test_every_life_makes_valid_messages(webhook: Webhook, ending: str) -> None:
    validator = Validator(webhook)
    messages = list(messages_of(ALOHUB, webhook, call_to(f"090{ending}")))
    assert messages
    assert [problem for message in messages for problem in validator.problems(message.payload)] == []


def test_the_agent_rings_before_the_customer() -> None:
    call = call_to("0912345678")
    assert call.answered_at == AT + timedelta(seconds=ORDINARY.agent_rings_s + ORDINARY.rings_s)


def test_an_instant_call_is_over_as_it_begins() -> None:
    assert call_to("0900000200").ended_at == AT


def test_a_long_call_talks_for_five_hours() -> None:
    assert call_to("0900000204").talk_s == 18_000


def test_a_call_nobody_answers_has_no_recording() -> None:
    assert call_to("0900000408").recording == ""


def test_a_call_keeps_the_partners_id() -> None:
    assert call_to("0912345678").transaction_id == "TRANSID_1111"


@pytest.mark.parametrize("code", [code for code in FAILURES if code.isdecimal()])
def test_every_numeric_failure_can_be_dialled(code: Code) -> None:
    assert Refusal(code) in FATES.values()


@pytest.mark.parametrize(
    "refusal", [*EXTENSIONS.values(), *(one for one in FATES.values() if isinstance(one, Refusal))]
)
def test_a_refusal_says_its_code(refusal: Refusal) -> None:
    assert f"`{refusal.code}`" in refusal.says


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0912345678", "0912345678"),
        ("84912345678", "84912345678"),
        ("+84 912 345 678", "+84912345678"),
        ("028 9995 9300", "02899959300"),
        ("(024) 3.825-1234", "02438251234"),
    ],
)
def test_numbers_are_dialled_without_separators(text: str, number: str) -> None:
    assert dialled(text) == number


@pytest.mark.parametrize("text", ["", "113", "abc", "0912345678x", "+1 650 555 0100", "٠٩١٢٣٤٥٦٧٨", "0" * 40])
def test_what_is_no_number_is_not_dialled(text: str) -> None:
    assert dialled(text) is None


@given(st.text(alphabet="0123456789+ ().-84", max_size=20))
def test_what_is_dialled_is_a_customers_number_of_the_schema(text: str) -> None:
    number = dialled(text)
    if number is not None:
        assert not Validator(WEBHOOKS[0]).problems(
            next(messages_of(ALOHUB, WEBHOOKS[0], call_to("0912345678"))).payload | {"caller_number": number}
        )


@pytest.mark.parametrize(
    ("text", "is_one"), [("888", True), ("6688", True), ("0000", True), ("", False), ("a1", False)]
)
def test_an_extension_is_some_digits(text: str, is_one: bool) -> None:
    assert is_extension(text) is is_one


def test_an_extension_is_always_the_same_agent() -> None:
    agent_at.cache_clear()
    first = agent_at("888")
    agent_at.cache_clear()
    assert agent_at("888") == first


def test_two_extensions_are_two_people() -> None:
    assert agent_at("888").name != agent_at("6688").name
