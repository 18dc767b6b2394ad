from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mock_alohub.check.concurrency import bearable
from mock_alohub.check.evidence import Expect
from mock_alohub.check.harness import Harness
from mock_alohub.delivery.transport import Transport
from tests.fakes import NOW, FakeSender, answers, done, endpoint, harness, replied, simulator, subject


def _borne(sender: FakeSender, ordinary_s: float) -> int:
    one = harness(sender)
    return done(bearable(one.probe("a.rule", "calibration", subject()), ordinary_s))


@pytest.mark.parametrize(("ordinary_s", "at_once"), [(0.006, 8), (0.25, 8), (0.3, 4), (1.0, 4), (1.5, 4)])
def test_a_slower_endpoint_is_tried_with_fewer_calls(ordinary_s: float, at_once: int) -> None:
    sender = FakeSender(answers(replied(200, elapsed_s=ordinary_s)), takes_s=ordinary_s)
    assert _borne(sender, ordinary_s) == sender.most_under_way == at_once


def test_a_quick_endpoint_is_asked_one_thing_at_a_time() -> None:
    sender = FakeSender()
    assert (_borne(sender, 0.004), sender.sent) == (1, [])


def test_an_endpoint_that_loses_calls_is_asked_one_thing_at_a_time() -> None:
    assert _borne(FakeSender(answers(replied(200), replied(503), replied(200)), takes_s=0.1), 0.1) == 1


def test_calls_that_wait_for_each_other_do_not_count_as_served_side_by_side() -> None:
    in_a_row = answers(*(replied(200, elapsed_s=0.1 * number) for number in range(1, 9)))
    assert _borne(FakeSender(in_a_row, takes_s=0.1), 0.1) == 1


def test_calibration_is_no_evidence_against_anyone() -> None:
    one = harness(FakeSender(takes_s=0.1))
    done(bearable(one.probe("a.rule", "calibration", subject()), 0.1))
    assert {exchange.expect for exchange in one.evidence} == {Expect.NOTHING}


def test_calibration_has_patience() -> None:
    sender = FakeSender(takes_s=0.1)
    _borne(sender, 0.1)
    assert {sent.deadline_s for sent in sender.sent} == {40.0}


@contextmanager
def _one_connection_at_a_time(takes_s: float) -> Iterator[int]:
    """A server that serves one kept-alive connection until it is closed; the port it listens on."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=32)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                _answer_all(connection, takes_s)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _answer_all(connection: socket.socket, takes_s: float) -> None:
    received = b""
    while part := connection.recv(65536):
        received += part
        head, end, body = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0) if end else 1
        if len(body) >= length and end:
            received = b""
            time.sleep(takes_s)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def test_a_server_of_one_kept_alive_connection_bears_one_call() -> None:
    async def run(port: int) -> int:
        async with Transport() as transport:
            one = Harness(endpoint(f"http://127.0.0.1:{port}/"), transport, simulator(), 7, NOW)
            probe = one.probe("a.rule", "calibration", subject())
            ordinary = await probe.send(probe.message())
            return await asyncio.wait_for(bearable(probe, ordinary.attempt.elapsed_s), 30)

    with _one_connection_at_a_time(0.01) as port:
        assert asyncio.run(run(port)) == 1
