"""Signatures are those of Standard Webhooks: its reference library takes them, and nothing else."""

from __future__ import annotations

import time

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from mock_alohub.messages.endpoint import parse_url
from mock_alohub.messages.message import Message
from mock_alohub.messages.signature import HEADER, ID_HEADER, TIME_HEADER, Forgery, id_of, signed
from mock_alohub.messages.transmission import Credential, Transmission, request_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = Message("order", "1", "POST", (("Content-Type", "application/json"),), b'{"test": 2432232314}')


def verified(headers: tuple[tuple[str, str], ...], body: bytes = MESSAGE.body, secret: str = SECRET) -> object:
    return Verifier(secret).verify(body, dict(headers))


def test_the_reference_library_takes_a_signature() -> None:
    assert verified(signed(MESSAGE, SECRET, time.time())) == {"test": 2432232314}


@pytest.mark.parametrize(
    "forgery",
    [
        Forgery(shift_s=-3600),
        Forgery(shift_s=3600),
        Forgery(signed_body=b"{}"),
        Forgery(signed_id="msg_other"),
        Forgery(signed_shift_s=-60),
        Forgery(cut=8),
        Forgery(cut=36),
        Forgery(version="v0"),
        Forgery(empty=True),
    ],
)
def test_the_reference_library_refuses_every_forgery(forgery: Forgery) -> None:
    with pytest.raises((WebhookVerificationError, ValueError)):
        verified(signed(MESSAGE, SECRET, time.time(), forgery))


@pytest.mark.parametrize("shift_s", [-3600, 3600])
def test_a_shifted_time_is_signed_as_it_is_sent(shift_s: int) -> None:
    headers = dict(signed(MESSAGE, SECRET, 10_000.9, Forgery(shift_s=shift_s)))
    assert headers[TIME_HEADER] == str(10_000 + shift_s)
    assert headers[HEADER] == dict(signed(MESSAGE, SECRET, 10_000.0 + shift_s))[HEADER]


def test_a_time_can_be_signed_that_is_not_the_one_sent() -> None:
    headers = dict(signed(MESSAGE, SECRET, 10_000, Forgery(signed_shift_s=-60)))
    assert headers[TIME_HEADER] == "10000"
    assert headers[HEADER] == dict(signed(MESSAGE, SECRET, 9_940))[HEADER]


def test_the_reference_library_refuses_another_secret() -> None:
    with pytest.raises(WebhookVerificationError):
        verified(signed(MESSAGE, "whsec_AAAA", time.time()))


def test_copies_have_one_id_and_other_messages_another() -> None:
    other = Message("order", "2", "POST", MESSAGE.headers, MESSAGE.body)
    assert id_of(MESSAGE) == id_of(Message("order", "1", "POST", (), MESSAGE.body)) != id_of(other)


def test_every_attempt_is_signed_anew_with_its_time() -> None:
    times = iter([1_000.9, 2_000.1])
    transmission = Transmission(MESSAGE, Credential(SECRET, None))
    first, second = (
        dict(request_of(transmission, parse_url("http://127.0.0.1/"), HEADER, lambda: next(times)).headers)
        for _ in range(2)
    )
    assert (first[TIME_HEADER], second[TIME_HEADER]) == ("1000", "2000")
    assert first[ID_HEADER] == second[ID_HEADER]
    assert first[HEADER] != second[HEADER]


def test_the_secret_is_in_no_header() -> None:
    request = request_of(Transmission(MESSAGE, Credential(SECRET, None)), parse_url("http://127.0.0.1/"), HEADER)
    assert SECRET.removeprefix("whsec_") not in str(request.headers)
    assert "webhook-signature" in dict(request.headers)
