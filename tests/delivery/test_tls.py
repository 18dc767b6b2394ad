from __future__ import annotations

import datetime
import ssl

import pytest
import trustme

from mock_alohub.delivery.tls import client_context
from mock_alohub.delivery.transport import Transport
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.endpoint import parse_url
from mock_alohub.messages.transmission import ORDINARY, HangUp, Wire
from tests.delivery.conftest import Run
from tests.delivery.endpoints import OK, Endpoint, Peer, always_ok, answering, closing, request_to, silent

LARGE = bytes(4 << 20)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = client_context(verify=True)
    authority.configure_trust(context)
    return context


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture(scope="module")
def good(authority: trustme.CA) -> ssl.SSLContext:
    return serving(authority.issue_cert("localhost", "127.0.0.1"))


def attempts_with(
    run: Run,
    endpoint: Endpoint,
    verify_tls: bool | ssl.SSLContext,
    *wires: Wire,
    host: str = "localhost",
    body: bytes = b"{}",
    deadline_s: float = 10.0,
) -> list[Attempt]:
    async def story() -> list[Attempt]:
        async with Transport(verify_tls=verify_tls) as transport:
            request = request_to(endpoint.url(host=host), body=body)
            return [await transport.send(request, deadline_s=deadline_s, wire=wire) for wire in wires or [ORDINARY]]

    attempts: list[Attempt] = run(story())
    return attempts


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_trusted_certificate_of_the_right_name_is_accepted(
    run: Run, good: ssl.SSLContext, trusting: ssl.SSLContext, host: str
) -> None:
    with Endpoint(always_ok, tls=good) as endpoint:
        attempt = attempts_with(run, endpoint, trusting, host=host)[0]
    assert attempt.status == 200, attempt.detail
    assert attempt.phases.tls_s is not None
    assert attempt.phases.connect_s is not None


def test_a_tls_connection_is_reused(run: Run, good: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with Endpoint(always_ok, tls=good) as endpoint:
        second = attempts_with(run, endpoint, trusting, ORDINARY, ORDINARY)[1]
    assert second.reused
    assert second.phases.tls_s is None


def test_the_host_name_is_announced(run: Run, good: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    announced: list[str | None] = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def remember(sock: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        announced.append(name)
        sock.context = good

    server.sni_callback = remember
    with Endpoint(always_ok, tls=server) as endpoint:
        attempts_with(run, endpoint, trusting)
    assert announced == ["localhost"]


def test_an_unknown_authority_is_a_tls_failure(run: Run, good: ssl.SSLContext) -> None:
    with Endpoint(always_ok, tls=good) as endpoint:
        attempt = attempts_with(run, endpoint, True)[0]
    assert attempt.cause is Cause.TLS
    assert "issuer is not trusted here" in attempt.detail
    assert attempt.phases.connect_s is not None


def test_an_unknown_authority_is_accepted_when_nothing_is_verified(run: Run, good: ssl.SSLContext) -> None:
    with Endpoint(always_ok, tls=good) as endpoint:
        assert attempts_with(run, endpoint, False)[0].status == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_of_another_name_is_a_tls_failure(
    run: Run, authority: trustme.CA, trusting: ssl.SSLContext, host: str
) -> None:
    other = serving(authority.issue_cert("other.example"))
    with Endpoint(always_ok, tls=other) as endpoint:
        attempt = attempts_with(run, endpoint, trusting, host=host)[0]
    assert attempt.cause is Cause.TLS
    assert f"issued for another name than {host}" in attempt.detail


def test_an_expired_certificate_is_a_tls_failure(run: Run, authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    old = serving(authority.issue_cert("localhost", not_before=past, not_after=past + datetime.timedelta(days=1)))
    with Endpoint(always_ok, tls=old) as endpoint:
        attempt = attempts_with(run, endpoint, trusting)[0]
    assert attempt.cause is Cause.TLS
    assert "its certificate has expired" in attempt.detail


def test_a_certificate_of_tomorrow_is_a_tls_failure(run: Run, authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    future = datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC)
    early = serving(authority.issue_cert("localhost", not_before=future, not_after=future + datetime.timedelta(days=1)))
    with Endpoint(always_ok, tls=early) as endpoint:
        attempt = attempts_with(run, endpoint, trusting)[0]
    assert "its certificate is not valid yet" in attempt.detail


def test_a_self_signed_certificate_is_a_tls_failure(
    run: Run, authority: trustme.CA, trusting: ssl.SSLContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chain = tmp_path_factory.mktemp("chain") / "authority.pem"
    lonely = trustme.CA()
    lonely.cert_pem.write_to_path(str(chain))
    lonely.private_key_pem.write_to_path(str(chain), append=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    with Endpoint(always_ok, tls=server) as endpoint:
        attempt = attempts_with(run, endpoint, trusting)[0]
    assert attempt.cause is Cause.TLS
    assert "its certificate is self-signed" in attempt.detail


def test_tls_1_1_is_too_old(run: Run, good: ssl.SSLContext, authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    old = serving(authority.issue_cert("localhost"))
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.options &= ~(ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1)
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with Endpoint(always_ok, tls=old) as endpoint:
        attempt = attempts_with(run, endpoint, trusting)[0]
    assert attempt.cause is Cause.TLS
    assert "no TLS version from 1.2 on" in attempt.detail


def test_plain_http_behind_an_https_url_is_a_tls_failure(run: Run, trusting: ssl.SSLContext) -> None:
    def plain(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with Endpoint(plain) as endpoint:
        url = endpoint.url(host="localhost")
        attempt = attempt_over_tls(run, url.port, trusting)
    assert attempt.cause is Cause.TLS
    assert "does not speak TLS" in attempt.detail


def test_an_endpoint_that_closes_during_the_handshake_is_a_tls_failure(run: Run, trusting: ssl.SSLContext) -> None:
    with Endpoint(lambda peer: None) as endpoint:
        attempt = attempt_over_tls(run, endpoint.port, trusting)
    assert attempt.cause is Cause.TLS
    assert "closed the connection during the TLS handshake" in attempt.detail


def test_a_handshake_that_is_never_answered_ends_at_the_deadline(run: Run, trusting: ssl.SSLContext) -> None:
    with Endpoint(silent) as endpoint:
        attempt = attempt_over_tls(run, endpoint.port, trusting, deadline_s=0.3)
    assert attempt.cause is Cause.CONNECT_TIMEOUT
    assert attempt.detail == f"the TLS handshake with 127.0.0.1:{endpoint.port} was not done within 0.3 s"
    assert 0.29 <= attempt.elapsed_s < 0.6


def test_an_endpoint_that_wants_a_certificate_of_the_client_is_told(
    run: Run, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    demanding = serving(authority.issue_cert("localhost"))
    demanding.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(demanding)
    with Endpoint(always_ok, tls=demanding) as endpoint:
        attempt = attempts_with(run, endpoint, trusting)[0]
    # Under TLS 1.3 the refusal follows the handshake, and may be overtaken by the close or the reset that follows it.
    assert attempt.cause is Cause.RESET
    assert attempt.detail.startswith("the endpoint ")


def test_hanging_up_over_tls_sends_the_whole_request(run: Run, good: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with Endpoint(answering(OK), tls=good) as endpoint:
        attempt = attempts_with(run, endpoint, trusting, Wire(hang_up=HangUp.AFTER_REQUEST), body=LARGE)[0]
    assert attempt.cause is Cause.HUNG_UP
    assert endpoint.requests[0].endswith(LARGE)


def test_a_large_request_over_tls_is_answered(run: Run, good: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with Endpoint(always_ok, tls=good) as endpoint:
        attempts = attempts_with(run, endpoint, trusting, ORDINARY, ORDINARY, body=LARGE)
    assert [attempt.status for attempt in attempts] == [200, 200]


@pytest.mark.parametrize("announced", [True, False])
def test_an_answer_over_tls_may_end_with_the_connection(
    run: Run, good: ssl.SSLContext, trusting: ssl.SSLContext, announced: bool
) -> None:
    def announced_or_not(peer: Peer) -> None:
        closing(b"HTTP/1.1 200 OK\r\n\r\nto the end")(peer)
        if announced:
            assert isinstance(peer.sock, ssl.SSLSocket)
            peer.sock.unwrap()

    with Endpoint(announced_or_not, tls=good) as endpoint:
        reply = attempts_with(run, endpoint, trusting)[0].reply
    assert reply is not None
    assert reply.body == b"to the end"


def test_no_answer_over_tls_ends_at_the_deadline(run: Run, good: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with Endpoint(silent, tls=good) as endpoint:
        attempt = attempts_with(run, endpoint, trusting, deadline_s=0.5)[0]
    assert attempt.cause is Cause.DEADLINE
    assert attempt.elapsed_s < 1.0


def test_a_context_verifies_from_tls_1_2_on() -> None:
    context = client_context(verify=True)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname


def attempt_over_tls(run: Run, port: int, context: ssl.SSLContext, *, deadline_s: float = 10.0) -> Attempt:
    """An attempt to an https URL whose port may not speak TLS at all."""

    async def story() -> Attempt:
        async with Transport(verify_tls=context) as transport:
            request = request_to(parse_url(f"https://localhost:{port}/"))
            return await transport.send(request, deadline_s=deadline_s)

    attempt: Attempt = run(story())
    return attempt
