from __future__ import annotations

import tracemalloc

import pytest

from mock_alohub.delivery.answer import Answer
from mock_alohub.delivery.failure import Failure
from mock_alohub.delivery.transport import Transport
from mock_alohub.messages.attempt import Attempt, Cause, Reply
from tests.delivery.conftest import Run
from tests.delivery.endpoints import OK, Endpoint, Peer, Script, answering, closing, request_to


def attempt_with(
    run: Run, script: Script, *, method: str = "POST", deadline_s: float = 10.0, times: int = 1
) -> Attempt:
    async def story() -> Attempt:
        async with Transport() as transport:
            for _ in range(times):
                attempt = await transport.send(request_to(endpoint.url(), method=method), deadline_s=deadline_s)
            return attempt

    with Endpoint(script) as endpoint:
        attempt: Attempt = run(story())
        return attempt


def reply_to(run: Run, script: Script, *, method: str = "POST", times: int = 1) -> Reply:
    attempt = attempt_with(run, script, method=method, times=times)
    assert attempt.reply is not None, attempt.detail
    return attempt.reply


# Interim answers


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\nX-A: 1\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
    ],
)
def test_an_interim_answer_is_not_the_answer(run: Run, interim: bytes) -> None:
    reply = reply_to(run, answering(interim + OK))
    assert (reply.status, reply.headers, reply.body) == (200, (("Content-Length", "2"),), b"ok")


def test_the_answer_may_come_well_after_an_interim_one(run: Run) -> None:
    def two_steps(peer: Peer) -> None:
        peer.read_request()
        for byte in b"HTTP/1.1 100 Continue\r\n\r\n" + OK:
            peer.send(bytes([byte]))
        peer.read_to_end()

    assert reply_to(run, two_steps).status == 200


def test_a_connection_is_reused_after_an_interim_answer(run: Run) -> None:
    both = b"HTTP/1.1 100 Continue\r\n\r\n" + OK
    assert attempt_with(run, answering(both, both), times=2).reused


def test_a_switch_of_protocols_is_the_answer(run: Run) -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nwhatever"
    assert reply_to(run, answering(switch)).status == 101


def test_an_endpoint_that_only_ever_says_continue_ends_as_a_protocol_failure(run: Run) -> None:
    def continuing(peer: Peer) -> None:
        peer.read_request()
        while True:
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    assert attempt_with(run, continuing).cause is Cause.PROTOCOL


def test_an_interim_answer_and_no_more_is_no_answer(run: Run) -> None:
    attempt = attempt_with(run, closing(b"HTTP/1.1 100 Continue\r\n\r\n"))
    assert attempt.cause is Cause.RESET


# Framing of the body


def test_a_chunked_body_is_put_together(run: Run) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;name=value\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
    reply = reply_to(run, answering(answer))
    assert (reply.body, reply.body_size) == (b"abcde", 5)


def test_trailers_are_no_headers_and_the_connection_is_reused(run: Run) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n"
    attempt = attempt_with(run, answering(answer, answer), times=2)
    assert attempt.reused
    assert attempt.reply is not None
    assert attempt.reply.headers == (("Transfer-Encoding", "chunked"),)


def test_a_chunked_body_that_is_cut_short_is_a_reset(run: Run) -> None:
    attempt = attempt_with(run, closing(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"))
    assert attempt.cause is Cause.RESET
    assert attempt.detail == "the endpoint closed the connection in the middle of a chunked body, after 2 bytes of it"


def test_a_body_shorter_than_announced_is_a_reset(run: Run) -> None:
    attempt = attempt_with(run, closing(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))
    assert attempt.cause is Cause.RESET
    assert attempt.detail.endswith("after 3 of the 10 bytes that Content-Length announced")
    assert attempt.reply is None


def test_headers_that_are_cut_short_are_a_reset(run: Run) -> None:
    attempt = attempt_with(run, closing(b"HTTP/1.1 200 OK\r\nContent-"))
    assert attempt.cause is Cause.RESET
    assert "of the answer's headers" in attempt.detail


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
    ids=["http-1.0", "connection-close", "no-length", "other-coding"],
)
def test_a_body_without_a_length_is_complete_when_the_connection_ends(run: Run, head: bytes) -> None:
    reply = reply_to(run, closing(head + b"to the end"))
    assert reply.body == b"to the end"


def test_an_answer_of_http_1_0_says_so(run: Run) -> None:
    assert reply_to(run, closing(b"HTTP/1.0 200 OK\r\n\r\n")).http_version == "1.0"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_cannot_have_a_body_ends_with_its_headers(run: Run, status: int) -> None:
    answer = b"HTTP/1.1 %d Done\r\nX-A: 1\r\n\r\n" % status
    attempt = attempt_with(run, answering(answer, answer), times=2)
    assert (attempt.status, attempt.reused) == (status, True)


def test_an_answer_to_head_ends_with_its_headers(run: Run) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    attempt = attempt_with(run, answering(answer, answer), method="HEAD", times=2)
    assert attempt.reused
    assert attempt.reply is not None
    assert (attempt.reply.status, attempt.reply.body_size) == (200, 0)


def test_a_body_behind_an_answer_to_head_is_not_taken(run: Run) -> None:
    attempt = attempt_with(run, answering(OK, OK), method="HEAD", times=1)
    assert attempt.reply is not None
    assert attempt.reply.body == b""


def test_an_interim_answer_to_head_is_not_the_answer(run: Run) -> None:
    answer = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n"
    assert reply_to(run, answering(answer), method="HEAD").status == 404


def test_an_endpoint_that_half_closes_after_its_answer_has_answered(run: Run) -> None:
    def half_closing(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        peer.sock.shutdown(1)
        peer.read_to_end()

    assert reply_to(run, half_closing).body == b"half"


def test_an_answer_byte_by_byte_is_one_answer(run: Run) -> None:
    def bytewise(peer: Peer) -> None:
        peer.read_request()
        for byte in b"HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok":
            peer.send(bytes([byte]))
        peer.read_to_end()

    reply = reply_to(run, bytewise)
    assert reply.headers == (("X-Empty", ""), ("Content-Length", "2"))
    assert (reply.http_version, reply.body) == ("1.1", b"ok")


def test_a_header_beyond_ascii_is_read_as_latin_1(run: Run) -> None:
    reply = reply_to(run, answering(b"HTTP/1.1 200 OK\r\nX-A: caf\xe9\r\nContent-Length: 0\r\n\r\n"))
    assert reply.header("x-a") == "café"


# What is not HTTP


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.9\r\n", "it starts with b'SSH-2.0-OpenSSH_9.9"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "it starts with b'RTSP/1.0"),
        (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "not HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x0a", "TLS, not plain HTTP"),
        (b"HTTP/1.1 abc\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n", "its status is 099"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", "Transfer-Encoding"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "chunk"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length"),
    ],
)
def test_what_is_not_http_is_a_protocol_failure(run: Run, data: bytes, words: str) -> None:
    attempt = attempt_with(run, answering(data))
    assert attempt.cause is Cause.PROTOCOL
    assert words.lower() in attempt.detail.lower()
    assert attempt.reply is None


def test_line_ends_in_front_of_an_answer_are_skipped(run: Run) -> None:
    def blank_first(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"\r\n" + OK)
        peer.read_to_end()

    assert reply_to(run, blank_first).status == 200


# Measures


def test_a_body_beyond_the_cap_is_counted_and_dropped(run: Run) -> None:
    body = b"x" * 300_000
    reply = reply_to(run, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body))
    assert (len(reply.body), reply.body_size) == (64 * 1024, 300_000)


def test_a_compressed_body_stays_compressed(run: Run) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    assert reply_to(run, answering(answer)).body == b"\x1f\x8b\x08\x00"


def test_a_thousand_headers_are_taken(run: Run) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 999 + b"Content-Length: 0\r\n\r\n"
    assert len(reply_to(run, answering(answer)).headers) == 1000


def test_five_thousand_headers_are_a_protocol_failure(run: Run) -> None:
    attempt = attempt_with(run, answering(b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 5000 + b"Content-Length: 0\r\n\r\n"))
    assert attempt.cause is Cause.PROTOCOL
    assert attempt.detail == "the answer has more than 1000 headers"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * (1 << 20) + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: " + b"a" * (1 << 20) + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=" + b"a" * (1 << 20) + b"\r\n.\r\n0\r\n\r\n",
    ],
    ids=["header", "trailer", "chunk-extension"],
)
def test_a_header_of_a_mebibyte_is_a_protocol_failure(run: Run, answer: bytes) -> None:
    attempt = attempt_with(run, answering(answer))
    assert attempt.cause is Cause.PROTOCOL
    assert attempt.detail == "the header block of the answer is larger than 256 KiB"


def test_an_endless_answer_ends_at_the_deadline_in_little_memory(run: Run) -> None:
    def endless(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000000\r\n\r\n")
        while True:
            peer.send(block)

    block = bytes(1 << 20)
    tracemalloc.start()
    try:
        attempt = attempt_with(run, endless, deadline_s=1.0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert attempt.cause is Cause.DEADLINE
    assert 0.99 <= attempt.elapsed_s < 2.0
    assert most < 8 << 20


def test_reading_stops_after_64_mebibytes(run: Run) -> None:
    sent = [0]

    def endless(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.send(block)
            sent[0] += len(block)

    block = bytes(1 << 20)
    assert attempt_with(run, endless, deadline_s=1.5).cause is Cause.DEADLINE
    # What both sockets hold comes on top of what was read.
    assert sent[0] < 128 << 20


# The reader itself


def test_a_body_in_one_byte_chunks_is_kept_up_to_the_cap() -> None:
    answer = Answer(body_cap=10)
    answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 100)
    answer.feed(b"0\r\n\r\n")
    reply = answer.reply()
    assert (reply.body, reply.body_size) == (b"x" * 10, 100)


def test_a_reply_is_a_frozen_record() -> None:
    answer = Answer(body_cap=10)
    answer.feed(OK)
    assert answer.reply() == Reply(200, (("Content-Length", "2"),), b"ok", 2, "1.1")
    with pytest.raises(AttributeError):
        answer.reply().status = 500  # type: ignore[misc]


def test_a_failure_of_the_reader_says_what_is_wrong() -> None:
    answer = Answer(body_cap=10)
    with pytest.raises(Failure, match="not HTTP"):
        answer.feed(b"hello")


# An answer like the one before


def test_the_same_bytes_again_are_the_same_answer() -> None:
    answer = Answer(64 * 1024)
    replies = []
    for _ in range(3):
        answer.expect(bodiless=False)
        answer.feed(OK)
        assert (answer.complete, answer.clean, answer.keep_alive, answer.received) == (True, True, True, len(OK))
        replies.append(answer.reply())
    assert replies == [Reply(200, (("Content-Length", "2"),), b"ok", 2, "1.1")] * 3


def test_another_answer_after_a_repeated_one_is_read() -> None:
    answer = Answer(64 * 1024)
    for said in (OK, OK, OK.replace(b"200 OK", b"503 No")):
        answer.expect(bodiless=False)
        answer.feed(said)
    assert answer.reply().status == 503


def test_the_same_bytes_in_answer_to_head_end_with_their_headers() -> None:
    answer = Answer(64 * 1024)
    answer.expect(bodiless=False)
    answer.feed(OK)
    answer.expect(bodiless=True)
    answer.feed(OK)
    assert (answer.reply().body, answer.clean) == (b"", False)


def test_an_answer_that_closes_the_connection_is_not_taken_for_one_that_keeps_it() -> None:
    closing_ok = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answer = Answer(64 * 1024)
    answer.feed(closing_ok)
    assert not answer.keep_alive
