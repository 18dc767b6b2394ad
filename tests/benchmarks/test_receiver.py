"""The receiver that the load generators are judged at."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from benchmarks.receiver import receiver, stamping_receiver

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="`cc` is not installed")
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
REQUEST = b"POST /webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"


def post(port: int, *, times: int = 1) -> list[bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
        answers = []
        for _ in range(times):
            one.sendall(REQUEST)
            answers.append(one.recv(4096))
        return answers


def test_every_request_is_acknowledged(tmp_path: Path) -> None:
    with receiver(tmp_path, CORES) as port:
        assert all(answer.startswith(b"HTTP/1.1 200 OK") for answer in post(port, times=3))


def test_each_request_is_noted_when_it_comes_in(tmp_path: Path) -> None:
    with stamping_receiver(tmp_path, CORES) as stamping:
        before = time.time()
        post(stamping.port, times=3)
        post(stamping.port)
        after = time.time()
    arrivals = stamping.arrivals()
    assert len(arrivals) == 4
    assert before - 0.001 <= arrivals[0] <= arrivals[-1] <= after + 0.001


def test_a_request_that_comes_in_pieces_is_noted_once_when_it_began(tmp_path: Path) -> None:
    with stamping_receiver(tmp_path, CORES) as stamping, socket.create_connection(("127.0.0.1", stamping.port)) as one:
        one.sendall(REQUEST[:20])
        began = time.time()
        time.sleep(0.3)
        one.sendall(REQUEST[20:])
        assert one.recv(4096)
    (arrival,) = stamping.arrivals()
    assert arrival < began + 0.2


def test_a_freeze_delays_answers_and_not_what_is_noted(tmp_path: Path) -> None:
    with stamping_receiver(tmp_path, CORES, freeze_s=3.0, period_s=4.0) as stamping:
        post(stamping.port)
        time.sleep(2.3)  # into the freeze, which is from 2 s to 5 s
        sent = time.time()
        post(stamping.port)
        answered = time.time()
    assert answered - sent > 1.0
    assert stamping.arrivals()[1] < sent + 0.8
