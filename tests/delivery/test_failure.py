from __future__ import annotations

import ssl

import pytest

from mock_alohub.delivery.failure import handshake_failure, lost_failure
from mock_alohub.messages.attempt import Cause


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] something (_ssl.c:1)")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("TLSV1_ALERT_PROTOCOL_VERSION", "no TLS version from 1.2 on"),
        ("UNSUPPORTED_PROTOCOL", "no TLS version from 1.2 on"),
        ("WRONG_VERSION_NUMBER", "does not speak TLS"),
        ("TLSV1_UNRECOGNIZED_NAME", "does not know the host name"),
        ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "does not offer HTTP/1.1"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "shares no cipher suite"),
        ("UNEXPECTED_EOF_WHILE_READING", "closed the connection during the TLS handshake"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
    ],
)
def test_a_failed_handshake_is_told_in_plain_words(reason: str, words: str) -> None:
    failure = handshake_failure(tls_error(reason), "crm.example")
    assert failure.cause is Cause.TLS
    assert failure.detail.startswith("TLS with crm.example failed: ")
    assert words in failure.detail


def test_a_certificate_refused_for_another_reason_is_told_in_the_words_of_openssl() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = 24
    error.verify_message = "invalid CA certificate"
    assert "not accepted (invalid CA certificate)" in handshake_failure(error, "crm.example").detail


def test_a_reset_during_the_handshake_is_a_close() -> None:
    assert "closed the connection during" in handshake_failure(ConnectionResetError(), "crm.example").detail


def test_a_tls_alert_instead_of_an_answer_is_told() -> None:
    failure = lost_failure(tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED"), 0)
    assert failure.cause is Cause.RESET
    assert "a TLS alert (TLSV13_ALERT_CERTIFICATE_REQUIRED) without an answer" in failure.detail


def test_a_reset_before_the_end_of_an_answer_tells_how_far_it_came() -> None:
    failure = lost_failure(ConnectionResetError(), 12)
    assert failure.detail.endswith("reset the connection before the answer was complete, after 12 bytes of it")
