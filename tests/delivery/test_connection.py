from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Any

import pytest

from mock_alohub.delivery.connection import Connection
from mock_alohub.delivery.transport import Transport
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.transmission import FRESH, ORDINARY, HangUp, Wire
from tests.delivery.conftest import Run
from tests.delivery.endpoints import OK, PATIENCE_S, Endpoint, Peer, Script, always_ok, answering, closing, request_to

BODY = bytes(range(256)) * 4
LARGE = bytes(8 << 20)


def attempts_with(
    run: Run, endpoint: Endpoint, *wires: Wire, body: bytes = BODY, deadline_s: float = 10.0
) -> list[Attempt]:
    async def story() -> list[Attempt]:
        async with Transport() as transport:
            request = request_to(endpoint.url(), body=body)
            return [await transport.send(request, deadline_s=deadline_s, wire=wire) for wire in wires]

    attempts: list[Attempt] = run(story())
    return attempts


class Witness:
    """Reads everything a sender sends and remembers how it ended."""

    def __init__(self) -> None:
        self.data = b""
        self._end = ""
        self._ended = threading.Event()

    def __call__(self, peer: Peer) -> None:
        try:
            while data := peer.sock.recv(65536):
                self.data += data
            self._end = "closed"
        except ConnectionResetError:
            self._end = "reset"
        self._ended.set()

    def end(self) -> str:
        """How the sender ended the connection, once it did."""
        assert self._ended.wait(PATIENCE_S)
        return self._end


def body_of(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[2]


# Faults of the wire


def test_a_fresh_attempt_has_a_connection_of_its_own_and_closes_it(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        attempts = attempts_with(run, endpoint, ORDINARY, FRESH, ORDINARY)
    assert [attempt.reused for attempt in attempts] == [False, False, True]
    assert [attempt.status for attempt in attempts] == [200] * 3
    assert endpoint.connections == 2


@pytest.mark.parametrize("body", [BODY, LARGE], ids=["small", "large"])
def test_hanging_up_after_the_request_sends_all_of_it_and_closes(run: Run, body: bytes) -> None:
    witness = Witness()
    with Endpoint(witness) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(hang_up=HangUp.AFTER_REQUEST), body=body)[0]
        assert witness.end() == "closed"
    assert attempt.cause is Cause.HUNG_UP
    assert attempt.reply is None
    assert body_of(witness.data) == body


def test_a_reset_after_the_request_sends_all_of_it(run: Run) -> None:
    witness = Witness()
    with Endpoint(witness) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(hang_up=HangUp.RESET))[0]
        assert witness.end() == "reset"
    assert attempt.cause is Cause.HUNG_UP


def test_a_cut_body_announces_its_whole_length(run: Run) -> None:
    witness = Witness()
    with Endpoint(witness) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(cut_at=100))[0]
        assert witness.end() == "closed"
    assert attempt.cause is Cause.HUNG_UP
    assert b"Content-Length: 1024\r\n" in witness.data
    assert body_of(witness.data) == BODY[:100]


def test_a_cut_body_can_end_with_a_reset(run: Run) -> None:
    witness = Witness()
    with Endpoint(witness) as endpoint:
        attempts_with(run, endpoint, Wire(cut_at=100, hang_up=HangUp.RESET))
        assert witness.end() == "reset"


def test_a_slow_body_takes_its_pauses_and_arrives_whole(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(pieces=4, pause_s=0.1))[0]
    assert attempt.status == 200
    assert attempt.phases.send_s is not None
    assert attempt.phases.send_s >= 0.29
    assert body_of(endpoint.requests[0]) == BODY


def test_a_slow_body_ends_at_the_deadline(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(pieces=100, pause_s=0.1), deadline_s=0.3)[0]
    assert attempt.cause is Cause.DEADLINE
    assert 0.29 <= attempt.elapsed_s < 0.6


def test_a_slow_body_that_is_answered_early_is_sent_no_further(run: Run) -> None:
    witness = Witness()

    def impatient(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.send(b"HTTP/1.1 408 Too slow\r\nContent-Length: 0\r\n\r\n")
        witness(peer)

    with Endpoint(impatient) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(pieces=4, pause_s=2.0))[0]
        assert witness.end()
    assert attempt.status == 408
    assert attempt.elapsed_s < 1.5
    assert witness.data == b""


def test_raw_bytes_are_sent_as_they_are_and_the_answer_is_read(run: Run) -> None:
    seen = []

    def refusing(peer: Peer) -> None:
        seen.append(peer.sock.recv(65536))
        peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        peer.read_to_end()

    with Endpoint(refusing) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(raw=b"\x00\xffnonsense\r\n\r\n"))[0]
    assert attempt.status == 400
    assert seen == [b"\x00\xffnonsense\r\n\r\n"]


def test_raw_bytes_that_are_not_answered_end_at_the_deadline(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(raw=b""), deadline_s=0.2)[0]
    assert attempt.cause is Cause.DEADLINE


# Answers before the request was sent


@pytest.mark.parametrize("then", ["goes on reading", "closes", "resets"])
def test_an_answer_before_the_body_was_read_is_the_answer(run: Run, then: str) -> None:
    def hasty(peer: Peer) -> None:
        peer.sock.recv(1000)
        peer.send(b"HTTP/1.1 413 Too large\r\nContent-Length: 5\r\n\r\nlarge")
        if then == "goes on reading":
            peer.read_to_end()
        elif then == "resets":
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with Endpoint(hasty, always_ok) as endpoint:
        attempts = attempts_with(run, endpoint, ORDINARY, ORDINARY, body=LARGE)
    assert attempts[0].status == 413, attempts[0].detail
    assert attempts[0].phases.send_s is not None
    assert (attempts[1].status, attempts[1].reused) == (200, False)


class Sluggish(asyncio.Transport):
    """A transport that takes a request and does not send it until told."""

    protocol: Connection

    def write(self, data: object) -> None:
        self.protocol.pause_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0

    def is_closing(self) -> bool:
        return False


def test_a_request_that_leaves_only_after_its_answer_came_was_answered_early() -> None:
    async def story() -> Connection:
        transport = Sluggish()
        with socket.socket() as sock:
            transport.protocol = connection = Connection(sock, "127.0.0.1:1", {}, 1024, set())
            connection.connection_made(transport)
            ended = connection.exchange(LARGE, time.perf_counter() + 10.0, bodiless=False)
            connection.data_received(OK)
            connection.resume_writing()
            assert await ended is None
        return connection

    connection = asyncio.run(story())
    phases = connection.phases(None, None, None)
    assert not connection.reusable
    assert phases.wait_s == 0.0
    assert phases.receive_s is not None
    assert phases.receive_s >= 0.0


def test_an_early_answer_without_a_length_is_complete_when_the_endpoint_closes(run: Run) -> None:
    def hasty(peer: Peer) -> None:
        peer.sock.recv(1000)
        peer.send(b"HTTP/1.1 413 Too large\r\n\r\nlarge")
        peer.sock.shutdown(socket.SHUT_WR)
        peer.read_to_end()

    with Endpoint(hasty) as endpoint:
        attempt = attempts_with(run, endpoint, ORDINARY, body=LARGE)[0]
    assert attempt.reply is not None
    assert attempt.reply.body == b"large"


def test_a_large_request_is_timed_to_its_last_byte(run: Run) -> None:
    def slow_reader(peer: Peer) -> None:
        time.sleep(0.2)
        peer.read_request()
        peer.send(OK)
        peer.read_to_end()

    with Endpoint(slow_reader) as endpoint:
        attempt = attempts_with(run, endpoint, ORDINARY, body=LARGE)[0]
    assert attempt.status == 200
    assert attempt.phases.send_s is not None
    assert attempt.phases.send_s >= 0.15


def test_a_connection_is_reused_after_a_large_request(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        assert attempts_with(run, endpoint, ORDINARY, ORDINARY, body=LARGE)[1].reused


# Connections that end


def test_a_reset_instead_of_an_answer_is_told(run: Run) -> None:
    def resetting(peer: Peer) -> None:
        peer.read_request()
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with Endpoint(resetting) as endpoint:
        attempt = attempts_with(run, endpoint, ORDINARY)[0]
    assert attempt.cause is Cause.RESET
    assert attempt.detail == "the endpoint reset the connection without an answer"


def test_a_reset_in_the_middle_of_an_answer_tells_how_far_it_came(run: Run) -> None:
    def resetting(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
        time.sleep(0.1)
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with Endpoint(resetting) as endpoint:
        attempt = attempts_with(run, endpoint, ORDINARY)[0]
    assert attempt.cause is Cause.RESET
    assert "after 40 bytes of it" in attempt.detail


def test_a_connection_that_is_closed_at_once_is_a_reset(run: Run) -> None:
    with Endpoint(lambda peer: None) as endpoint:
        assert attempts_with(run, endpoint, ORDINARY)[0].cause is Cause.RESET


def answering_unasked(answer: bytes, *, close: bool = False) -> Script:
    def script(peer: Peer) -> None:
        peer.send(answer)
        if not close:
            peer.read_to_end()

    return script


@pytest.mark.parametrize("close", [True, False])
def test_an_endpoint_that_speaks_first_in_another_protocol_is_told_so(run: Run, close: bool) -> None:
    with Endpoint(answering_unasked(b"220 mail.example ESMTP\r\n", close=close)) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(pieces=2, pause_s=0.2))[0]
    assert attempt.cause is Cause.PROTOCOL
    assert "b'220 mail.example" in attempt.detail


@pytest.mark.parametrize("between", ["answer", "answer and close", "close"])
def test_what_happens_before_the_first_exchange_is_not_lost(run: Run, between: str) -> None:
    # Whether it happens before the exchange starts is a matter of luck over a socket; here the loop is given its time.
    script = {
        "answer": answering_unasked(OK),
        "answer and close": answering_unasked(OK, close=True),
        "close": answering_unasked(b"", close=True),
    }[between]

    async def story() -> Attempt:
        class Late(Transport):
            async def _open(self, *arguments: Any) -> Connection:
                connection = await super()._open(*arguments)
                while not (connection._early if between == "answer" else connection.lost.done()):  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
                return connection

        async with Late() as transport:
            return await transport.send(request_to(endpoint.url()), deadline_s=10.0)

    with Endpoint(script) as endpoint:
        attempt = run(story())
    assert (attempt.status, attempt.cause) == ((None, Cause.RESET) if between == "close" else (200, None))


def test_an_endpoint_that_answers_before_it_was_asked_has_answered(run: Run) -> None:
    with Endpoint(answering_unasked(OK)) as endpoint:
        attempt = attempts_with(run, endpoint, Wire(pieces=2, pause_s=0.2))[0]
    assert attempt.status == 200
    assert attempt.phases.wait_s == 0.0


def test_an_answer_and_a_close_in_one_go_is_an_answer(run: Run) -> None:
    with Endpoint(closing(OK)) as endpoint:
        assert attempts_with(run, endpoint, ORDINARY)[0].status == 200


def test_two_answers_in_a_row_belong_to_two_requests(run: Run) -> None:
    second = b"HTTP/1.1 202 Later\r\nContent-Length: 0\r\n\r\n"
    with Endpoint(answering(OK, second)) as endpoint:
        assert [attempt.status for attempt in attempts_with(run, endpoint, ORDINARY, ORDINARY)] == [200, 202]
