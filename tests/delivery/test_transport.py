from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import pytest

from mock_alohub.delivery import transport as transport_module
from mock_alohub.delivery.address import Address, IPAddress
from mock_alohub.delivery.connection import Connection
from mock_alohub.delivery.sender import Sender
from mock_alohub.delivery.transport import Transport, encode, pieces_of
from mock_alohub.delivery.transport import run as run_main
from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.endpoint import URL, parse_url
from mock_alohub.messages.transmission import FRESH, Request, Wire
from tests.delivery.conftest import Run
from tests.delivery.endpoints import OK, Endpoint, Peer, always_ok, answering, closing, request_to, silent
from tests.tiers import cases

DEADLINE_S = 10.0


def sending(
    url: URL, *, times: int = 1, deadline_s: float = DEADLINE_S
) -> Callable[[Transport], Awaitable[list[Attempt]]]:
    async def story(transport: Transport) -> list[Attempt]:
        return [await transport.send(request_to(url), deadline_s=deadline_s) for _ in range(times)]

    return story


async def told(story: Callable[[Transport], Awaitable[list[Attempt]]], **options: object) -> list[Attempt]:
    async with Transport(**options) as transport:  # type: ignore[arg-type]
        return await story(transport)


def one(run: Run, endpoint: Endpoint, *, deadline_s: float = DEADLINE_S) -> Attempt:
    attempts: list[Attempt] = run(told(sending(endpoint.url(), deadline_s=deadline_s)))
    return attempts[0]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what happens in another thread or in the event loop itself."""
    while not holds():  # noqa: ASYNC110  neither has an event to wait for
        await asyncio.sleep(0.001)


# An ordinary answer


def test_an_answer_becomes_a_reply(run: Run) -> None:
    answer = b"HTTP/1.1 201 Made\r\nX-A: one\r\nx-a: two\r\nContent-Length: 5\r\n\r\nhello"
    with Endpoint(answering(answer)) as endpoint:
        reply = one(run, endpoint).reply
    assert reply is not None
    assert (reply.status, reply.body, reply.body_size, reply.http_version) == (201, b"hello", 5, "1.1")
    assert reply.headers == (("X-A", "one"), ("x-a", "two"), ("Content-Length", "5"))


def test_the_request_is_written_as_it_was_listed(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        one(run, endpoint)
    head = f"POST /hook HTTP/1.1\r\nHost: 127.0.0.1:{endpoint.port}\r\nContent-Length: 15\r\n\r\n"
    assert endpoint.requests == [head.encode() + b'{"call_id":"1"}']


def test_an_attempt_knows_its_number_its_start_and_the_dialled_address(run: Run) -> None:
    async def numbered(transport: Transport) -> list[Attempt]:
        return [await transport.send(request_to(endpoint.url()), deadline_s=DEADLINE_S, number=3)]

    before = time.time()
    with Endpoint(always_ok) as endpoint:
        attempt = run(told(numbered))[0]
    assert attempt.number == 3
    assert before <= attempt.started_at <= time.time()
    assert attempt.address == f"127.0.0.1:{endpoint.port}"


def test_the_phases_of_a_first_attempt_add_up_to_its_time(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        attempt = run(told(sending(endpoint.url(host="localhost"))))[0]
    phases = attempt.phases
    named = [phases.dns_s, phases.connect_s, phases.send_s, phases.wait_s, phases.receive_s]
    assert phases.tls_s is None
    assert all(phase is not None and phase >= 0 for phase in named)
    assert sum(phase or 0.0 for phase in named) <= attempt.elapsed_s


def test_a_slow_answer_is_waiting_and_a_slow_body_is_receiving(run: Run) -> None:
    def slow(peer: Peer) -> None:
        peer.read_request()
        time.sleep(0.15)
        peer.send(OK[:-1])
        time.sleep(0.3)
        peer.send(OK[-1:])
        peer.read_to_end()

    with Endpoint(slow) as endpoint:
        phases = one(run, endpoint).phases
    assert phases.wait_s is not None
    assert phases.wait_s >= 0.14
    assert phases.receive_s is not None
    assert phases.receive_s > 0.2


def test_a_redirect_is_an_answer_and_is_not_followed(run: Run) -> None:
    found = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with Endpoint(answering(found)) as endpoint:
        assert one(run, endpoint).status == 302


def test_a_proxy_of_the_environment_is_not_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Endpoint(always_ok) as endpoint:
        assert one(run, endpoint).status == 200


def test_a_transport_is_a_sender() -> None:
    sender: Sender = Transport()
    assert sender


def test_a_header_with_a_line_break_is_refused_before_anything_is_sent() -> None:
    url = parse_url("http://127.0.0.1:1/")
    with pytest.raises(BadOption, match="line break"):
        encode(Request("POST", url, (("X-A", "1\r\nX-B: 2"),), b""))


def test_a_header_outside_latin_1_is_refused() -> None:
    url = parse_url("http://127.0.0.1:1/")
    with pytest.raises(BadOption, match="latin-1"):
        encode(Request("POST", url, (("X-A", "ế"),), b""))


# Keeping connections alive


def test_a_second_attempt_reuses_the_connection(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        first, second = run(told(sending(endpoint.url(), times=2)))
    assert (first.reused, second.reused) == (False, True)
    assert endpoint.connections == 1


def test_a_reused_connection_costs_neither_look_up_nor_connection(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        phases = run(told(sending(endpoint.url(host="localhost"), times=2)))[1].phases
    assert (phases.dns_s, phases.connect_s, phases.tls_s) == (None, None, None)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
    ids=["connection-close", "http-1.0"],
)
def test_a_connection_that_ends_with_its_answer_is_not_reused(run: Run, answer: bytes) -> None:
    with Endpoint(answering(answer)) as endpoint:
        attempts = run(told(sending(endpoint.url(), times=2)))
    assert [attempt.status for attempt in attempts] == [200, 200]
    assert endpoint.connections == 2


def test_an_http_1_0_connection_that_asks_for_it_is_reused(run: Run) -> None:
    answer = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"
    with Endpoint(answering(answer, answer)) as endpoint:
        second = run(told(sending(endpoint.url(), times=2)))[1]
    assert second.reused
    assert second.reply is not None
    assert second.reply.http_version == "1.0"


def test_attempts_at_once_have_a_connection_each(run: Run) -> None:
    async def at_once(transport: Transport) -> list[Attempt]:
        request = request_to(endpoint.url())
        return await asyncio.gather(*(transport.send(request, deadline_s=DEADLINE_S) for _ in range(5)))

    with Endpoint(always_ok) as endpoint:
        attempts = run(told(at_once))
    assert [attempt.status for attempt in attempts] == [200] * 5
    assert endpoint.connections == 5


def test_no_more_connections_are_kept_than_allowed(run: Run) -> None:
    async def twice_two(transport: Transport) -> list[Attempt]:
        request = request_to(endpoint.url())
        for _ in range(2):
            await asyncio.gather(*(transport.send(request, deadline_s=DEADLINE_S) for _ in range(2)))
        return []

    with Endpoint(always_ok) as endpoint:
        run(told(twice_two, idle_limit=1))
    assert endpoint.connections == 3


def test_a_connection_that_was_idle_for_too_long_is_not_reused(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        second = run(told(sending(endpoint.url(), times=2), idle_s=0.0))[1]
    assert (second.status, second.reused) == (200, False)


def test_idle_connections_can_be_dropped(run: Run) -> None:
    async def dropping(transport: Transport) -> list[Attempt]:
        request = request_to(endpoint.url())
        first = await transport.send(request, deadline_s=DEADLINE_S)
        transport.drop_idle()
        return [first, await transport.send(request, deadline_s=DEADLINE_S)]

    # One thread serves one connection after the other: the second is served only once the first is closed.
    served = []

    def in_turn(peer: Peer) -> None:
        always_ok(peer)
        served.append("closed")

    with Endpoint(in_turn) as endpoint:
        attempts = run(told(dropping))
    assert [attempt.reused for attempt in attempts] == [False, False]
    assert served == ["closed", "closed"]


def test_a_transport_outlives_its_event_loop(run: Run) -> None:
    transport = Transport()
    with Endpoint(always_ok) as endpoint:

        async def once() -> Attempt:
            async with transport:
                return await transport.send(request_to(endpoint.url()), deadline_s=DEADLINE_S)

        assert [run(once()).status, run(once()).status] == [200, 200]


# Stale connections


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_stale_connection_is_replaced_within_the_attempt(run: Run, end: str) -> None:
    def leaves_at_the_second_request(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)
        peer.read_request()
        if end == "reset":
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with Endpoint(leaves_at_the_second_request, always_ok) as endpoint:
        second = run(told(sending(endpoint.url(), times=2)))[1]
    assert (second.status, second.reused, second.number) == (200, False, 1)
    assert second.phases.connect_s is not None
    assert endpoint.connections == 2


def test_a_stale_connection_is_replaced_once_only(run: Run) -> None:
    def leaves(peer: Peer) -> None:
        peer.read_request()

    with Endpoint(closing(OK, b""), leaves) as endpoint:
        second = run(told(sending(endpoint.url(), times=2)))[1]
    assert second.cause is Cause.RESET
    assert endpoint.connections == 2


def test_a_fresh_connection_that_is_closed_is_not_tried_again(run: Run) -> None:
    with Endpoint(closing(b"")) as endpoint:
        attempt = one(run, endpoint)
    assert attempt.cause is Cause.RESET
    assert "without an answer" in attempt.detail
    assert endpoint.connections == 1


def test_a_reused_connection_that_began_to_answer_is_not_tried_again(run: Run) -> None:
    with Endpoint(closing(OK, b"HTTP/1.1 2"), always_ok) as endpoint:
        second = run(told(sending(endpoint.url(), times=2)))[1]
    assert (second.cause, second.reused) == (Cause.RESET, True)
    assert endpoint.connections == 1


def test_the_time_of_a_replaced_connection_counts_from_the_first_start(run: Run) -> None:
    def leaves_late(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)
        peer.read_request()
        time.sleep(0.2)

    with Endpoint(leaves_late, always_ok) as endpoint:
        second = run(told(sending(endpoint.url(), times=2)))[1]
    assert second.status == 200
    assert second.elapsed_s >= 0.2


def test_an_idle_connection_that_the_endpoint_closes_is_forgotten(run: Run) -> None:
    async def waiting(transport: Transport) -> list[Attempt]:
        request = request_to(endpoint.url())
        first = await transport.send(request, deadline_s=DEADLINE_S)
        await until(lambda: not transport._connections)
        return [first, await transport.send(request, deadline_s=DEADLINE_S)]

    with Endpoint(closing(OK)) as endpoint:
        attempts = run(told(waiting))
    assert [attempt.reused for attempt in attempts] == [False, False]
    assert [attempt.status for attempt in attempts] == [200, 200]


# Leftovers


@pytest.mark.parametrize("leftover", [b"H", b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", b"\0\1garbage"])
def test_what_comes_behind_an_answer_is_no_answer_to_the_next_request(run: Run, leftover: bytes) -> None:
    with Endpoint(answering(OK + leftover), always_ok) as endpoint:
        attempts = run(told(sending(endpoint.url(), times=2)))
    assert [attempt.status for attempt in attempts] == [200, 200]
    assert endpoint.connections == 2


def test_what_comes_while_nothing_was_asked_ends_the_connection(run: Run) -> None:
    async def waiting(transport: Transport) -> list[Attempt]:
        request = request_to(endpoint.url())
        await transport.send(request, deadline_s=DEADLINE_S)
        await until(lambda: not transport._connections)
        return [await transport.send(request, deadline_s=DEADLINE_S)]

    def late(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)
        time.sleep(0.05)
        peer.send(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        peer.read_to_end()

    with Endpoint(late, always_ok) as endpoint:
        assert run(told(waiting))[0].status == 200
    assert endpoint.connections == 2


# The deadline


def test_no_answer_ends_at_the_deadline(run: Run) -> None:
    with Endpoint(silent) as endpoint:
        attempt = one(run, endpoint, deadline_s=0.3)
    assert attempt.cause is Cause.DEADLINE
    assert attempt.detail == "no answer came within 0.3 s"
    assert 0.29 <= attempt.elapsed_s < 0.6


def test_a_dripping_answer_ends_at_the_deadline(run: Run) -> None:
    def dripping(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            peer.send(b".")
            time.sleep(0.02)

    with Endpoint(dripping) as endpoint:
        attempt = one(run, endpoint, deadline_s=0.3)
    assert attempt.cause is Cause.DEADLINE
    assert "the answer was not complete" in attempt.detail
    assert 0.29 <= attempt.elapsed_s < 0.6


def test_dripping_headers_end_at_the_deadline(run: Run) -> None:
    def dripping(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            peer.send(b"X-A: 1\r\n")
            time.sleep(0.02)

    with Endpoint(dripping) as endpoint:
        attempt = one(run, endpoint, deadline_s=0.3)
    assert attempt.cause is Cause.DEADLINE
    assert "headers were not complete" in attempt.detail


def test_a_request_that_is_not_read_ends_at_the_deadline(run: Run) -> None:
    done: list[bool] = []

    def deaf(peer: Peer) -> None:
        while not done:
            time.sleep(0.01)

    async def large(transport: Transport) -> list[Attempt]:
        return [await transport.send(request_to(endpoint.url(), body=bytes(32 << 20)), deadline_s=1.0)]

    with Endpoint(deaf) as endpoint:
        attempt = run(told(large))[0]
        done.append(True)
    assert attempt.cause is Cause.DEADLINE
    assert attempt.detail == "the endpoint did not take the whole request within 1 s"
    assert attempt.phases.send_s is not None
    assert attempt.phases.wait_s is None


def test_the_deadline_holds_for_each_attempt_of_a_reused_connection(run: Run) -> None:
    def answers_then_hangs(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)
        peer.read_to_end()

    async def twice(transport: Transport) -> list[Attempt]:
        request = request_to(endpoint.url())
        first = await transport.send(request, deadline_s=0.2)
        await asyncio.sleep(0.1)
        return [first, await transport.send(request, deadline_s=0.4)]

    with Endpoint(answers_then_hangs) as endpoint:
        first, second = run(told(twice))
    assert first.status == 200
    assert second.cause is Cause.DEADLINE
    assert 0.39 <= second.elapsed_s < 0.7


def test_a_shorter_deadline_on_a_reused_connection_holds(run: Run) -> None:
    async def twice(transport: Transport) -> list[Attempt]:
        request = request_to(endpoint.url())
        await transport.send(request, deadline_s=60.0)
        return [await transport.send(request, deadline_s=0.2)]

    with Endpoint(answering(OK)) as endpoint:
        attempt = run(told(twice))[0]
    assert attempt.cause is Cause.DEADLINE
    assert attempt.elapsed_s < 0.5


def test_an_idle_connection_outlives_the_deadline_of_its_last_attempt(run: Run) -> None:
    async def twice(transport: Transport) -> list[Attempt]:
        request = request_to(endpoint.url())
        first = await transport.send(request, deadline_s=0.1)
        await asyncio.sleep(0.2)
        return [first, await transport.send(request, deadline_s=DEADLINE_S)]

    with Endpoint(always_ok) as endpoint:
        assert run(told(twice))[1].reused


def test_an_answer_that_was_complete_only_after_the_deadline_does_not_count(run: Run) -> None:
    async def busy(transport: Transport) -> list[Attempt]:
        sent = asyncio.ensure_future(transport.send(request_to(endpoint.url()), deadline_s=0.2))
        await until(lambda: bool(endpoint.requests))
        go_on.set()
        time.sleep(0.3)  # noqa: ASYNC251  this process is busy elsewhere while the answer waits in the socket
        return [await sent]

    go_on = threading.Event()

    def answers_when_told(peer: Peer) -> None:
        peer.read_request()
        go_on.wait()
        peer.send(OK)
        peer.read_to_end()

    with Endpoint(answers_when_told) as endpoint:
        attempt = run(told(busy))[0]
    assert attempt.cause is Cause.DEADLINE


def test_a_connection_that_is_not_taken_ends_at_the_deadline(run: Run) -> None:
    with full_backlog() as port:
        attempt = run(told(sending(parse_url(f"http://127.0.0.1:{port}/"), deadline_s=0.3)))[0]
    assert attempt.cause is Cause.CONNECT_TIMEOUT
    assert attempt.detail == f"connecting to 127.0.0.1:{port} was not done within 0.3 s"
    assert 0.29 <= attempt.elapsed_s < 0.6
    assert attempt.address == f"127.0.0.1:{port}"


def test_a_deadline_of_nothing_ends_at_once(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        assert one(run, endpoint, deadline_s=0.0).cause in {Cause.CONNECT_TIMEOUT, Cause.DEADLINE}


# Where it cannot go


def test_a_port_no_one_listens_on_refuses(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    attempt = run(told(sending(parse_url(f"http://127.0.0.1:{port}/"))))[0]
    assert attempt.cause is Cause.REFUSED
    assert attempt.detail == f"connection refused: no one listens at 127.0.0.1:{port}"


def test_a_name_without_an_address_is_a_dns_failure(run: Run) -> None:
    attempt = run(told(sending(parse_url("http://nowhere.invalid/"))))[0]
    assert attempt.cause is Cause.DNS
    assert "`nowhere.invalid` has no address" in attempt.detail


def test_a_forbidden_address_is_not_dialled(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        attempt = run(told(sending(endpoint.url(host="localhost")), address_filter=lambda ip: not ip.is_loopback))[0]
    assert attempt.cause is Cause.FORBIDDEN
    assert "127.0.0.1" in attempt.detail
    assert endpoint.connections == 0


def test_the_filter_is_asked_about_the_dialled_address(run: Run) -> None:
    asked: list[IPAddress] = []

    def passes(ip: IPAddress) -> bool:
        asked.append(ip)
        return True

    with Endpoint(always_ok) as endpoint:
        run(told(sending(endpoint.url()), address_filter=passes))
    assert asked == [ip_address("127.0.0.1")]


def test_an_ipv6_endpoint_is_reached(run: Run) -> None:
    with Endpoint(always_ok, host="::1") as endpoint:
        attempt = one(run, endpoint)
    assert attempt.status == 200
    assert attempt.address == f"[::1]:{endpoint.port}"


def test_localhost_that_listens_on_ipv4_only_is_reached_at_once(run: Run) -> None:
    with Endpoint(always_ok) as endpoint:
        attempt = run(told(sending(endpoint.url(host="localhost"))))[0]
    assert attempt.status == 200
    assert attempt.elapsed_s < 0.2


# Ending on purpose


def test_a_cancelled_attempt_closes_its_connection(run: Run) -> None:
    async def cancelling(transport: Transport) -> list[Attempt]:
        sent = asyncio.ensure_future(transport.send(request_to(endpoint.url()), deadline_s=DEADLINE_S))
        await until(lambda: bool(endpoint.requests))
        sent.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sent
        await until(lambda: not transport._connections)
        return []

    def reads(peer: Peer) -> None:
        peer.read_request()
        assert peer.read_to_end() == b""

    with Endpoint(reads) as endpoint:
        assert run(told(cancelling)) == []


@pytest.mark.parametrize("turns", cases(((str(turns), turns) for turns in range(12)), ["1", "4", "9"]))
def test_cancelling_at_any_moment_leaves_nothing_behind(run: Run, turns: int) -> None:
    async def cancelling(transport: Transport) -> list[Attempt]:
        sent = asyncio.ensure_future(transport.send(request_to(endpoint.url(host="localhost")), deadline_s=DEADLINE_S))
        for _ in range(turns):
            await asyncio.sleep(0.0001)
        sent.cancel()
        await asyncio.wait([sent])
        return []

    with Endpoint(always_ok) as endpoint:
        run(told(cancelling))
    gc.collect()  # an unclosed socket would warn, and a warning is an error


def test_closing_the_transport_ends_the_attempts_under_way(run: Run) -> None:
    async def closing_early() -> Attempt:
        transport = Transport()
        sent = asyncio.ensure_future(transport.send(request_to(endpoint.url()), deadline_s=DEADLINE_S))
        await until(lambda: bool(endpoint.requests))
        await transport.close()
        return await sent

    with Endpoint(answering(b"")) as endpoint:
        attempt = run(closing_early())
    assert attempt.cause is Cause.HUNG_UP
    assert attempt.detail == "the transport was closed"


def test_an_interrupt_ends_in_silence() -> None:
    program = (
        "import sys\n"
        "from mock_alohub.delivery.transport import Transport, run\n"
        "from mock_alohub.messages.endpoint import parse_url\n"
        "from mock_alohub.messages.transmission import Request\n"
        "async def main():\n"
        "    async with Transport() as transport:\n"
        "        url = parse_url(sys.argv[1])\n"
        "        await transport.send(Request('POST', url, (('Host', url.authority),), b''), deadline_s=60.0)\n"
        "try:\n"
        "    run(main())\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    with Endpoint(answering(b"")) as endpoint:
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", program, str(endpoint.url())]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            while not endpoint.requests and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
            _, talk = process.communicate(timeout=120)
    assert (process.returncode, talk) == (130, "")


# The event loop


def test_a_coroutine_runs_on_uvloop_where_it_exists() -> None:
    async def module() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert run_main(module()) == "uvloop"


def test_a_coroutine_runs_on_asyncio_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    async def module() -> str:
        return type(asyncio.get_running_loop()).__module__

    monkeypatch.setattr(transport_module, "new_event_loop", asyncio.new_event_loop)
    assert run_main(module()).startswith("asyncio")


# What of a request is sent


@pytest.mark.parametrize(
    ("wire", "pieces"),
    [
        (FRESH, [b"head-0123456789"]),
        (Wire(cut_at=4), [b"head-0123"]),
        (Wire(cut_at=0), [b"head-"]),
        (Wire(cut_at=99), [b"head-0123456789"]),
        (Wire(pieces=3), [b"head-012", b"345", b"6789"]),
        (Wire(pieces=3, cut_at=2), [b"head-0", b"1"]),
    ],
    ids=str,
)
def test_a_request_is_cut_into_pieces(wire: Wire, pieces: list[bytes]) -> None:
    assert pieces_of(b"head-0123456789", 10, wire) == pieces


class full_backlog:  # noqa: N801
    """A port whose queue of connections is full: it takes no more, and refuses none."""

    def __enter__(self) -> int:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self._waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(self._listener.getsockname())
            self._waiting.append(sock)
        port: int = self._listener.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        for sock in [*self._waiting, self._listener]:
            sock.close()


# What many attempts cost


def test_connections_that_have_ended_leave_nothing_for_the_garbage_collector() -> None:
    async def story() -> int:
        async with Transport() as transport:
            await transport.send(request_to(endpoint.url()), deadline_s=5.0)
            gc.collect()
            gc.disable()
            try:
                for _ in range(50):
                    await transport.send(request_to(endpoint.url()), deadline_s=5.0)
                await asyncio.sleep(0)
                return gc.collect()
            finally:
                gc.enable()

    with Endpoint(closing(OK)) as endpoint:
        garbage = run_main(story())
    # A connection and its parser are a dozen objects; fifty of them would be six hundred.
    assert garbage < 100


def test_a_deadline_is_waited_for_once_and_not_again_and_again_as_it_comes_near(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_timer, rings = Connection._set_timer, []

    def counted(connection: Connection, left_s: float) -> None:
        rings.append(left_s)
        set_timer(connection, left_s)

    async def story() -> list[Attempt]:
        async with Transport() as transport:
            request = request_to(endpoint.url())
            return await asyncio.gather(*(transport.send(request, deadline_s=0.2) for _ in range(50)))

    monkeypatch.setattr(Connection, "_set_timer", counted)
    with Endpoint(silent) as endpoint:
        attempts = run(story())
    assert {attempt.cause for attempt in attempts} == {Cause.DEADLINE}
    assert len(rings) <= 3 * len(attempts)


def test_names_are_looked_up_by_whoever_is_to_do_it(run: Run) -> None:
    asked = []

    async def lookup(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [Address(socket.AF_INET, ("127.0.0.1", port))]

    async def story() -> Attempt:
        async with Transport(lookup=lookup) as transport:
            return await transport.send(request_to(endpoint.url(host="crm.example")), deadline_s=5.0)

    with Endpoint(always_ok) as endpoint:
        attempt = run(story())
    assert (attempt.status, asked) == (200, ["crm.example"])
