"""The log of a server: nobody waits for whoever reads it, and what is left out is counted."""

from __future__ import annotations

import logging
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mock_alohub.cli.log import Unhurried
from tests.server.running import running

LINE = "x" * 1_000
ENOUGH = 200
"""Lines of that length fill a pipe more than twice."""


@contextmanager
def logging_to_a_pipe(most: int) -> Iterator[tuple[logging.Logger, Unhurried, int]]:
    reading, writing = os.pipe()
    handler = Unhurried(writing, most)
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        yield logger, handler, reading
    finally:
        os.close(reading)  # whoever writes is not held up any longer
        handler.close()
        os.close(writing)


def all_of(reading: int) -> list[str]:
    """The lines that come, up to the one that says `end`."""
    data = b""
    while not data.endswith(b"end\n"):
        data += os.read(reading, 65_536)
    return data.decode().splitlines()


def test_lines_come_in_their_order() -> None:
    with logging_to_a_pipe(1_000) as (logger, _, reading):
        for word in ("one", "two\nlines", "đuôi", "end"):
            logger.info(word)
        assert all_of(reading) == ["one", "two", "lines", "đuôi", "end"]


def test_a_pipe_that_nobody_reads_holds_nobody_up_and_what_is_left_out_is_counted() -> None:
    with logging_to_a_pipe(10) as (logger, handler, reading):
        for _ in range(ENOUGH):
            logger.info(LINE)
        data = b""
        while handler._lines.qsize():
            data += os.read(reading, 65_536)
        logger.info("end")
        lines = data.decode() + "\n".join(all_of(reading))
    left_out = sum(map(int, re.findall("event=lines-left-out count=([0-9]+)", lines)))
    assert left_out > 0
    assert lines.count(LINE) + left_out == ENOUGH


def test_what_waits_is_written_before_the_end() -> None:
    with logging_to_a_pipe(10) as (logger, handler, reading):
        logger.info("end")
        handler.close()
        os.set_blocking(reading, False)
        assert all_of(reading) == ["end"]


def test_an_end_that_nobody_reads_comes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_alohub.cli.log._GOODBYE_S", 0.05)
    with logging_to_a_pipe(ENOUGH) as (logger, handler, _):
        for _ in range(ENOUGH):
            logger.info(LINE)
        handler.close()


def test_a_pipe_that_somebody_made_unblocking_is_written_to_when_there_is_room() -> None:
    with logging_to_a_pipe(ENOUGH + 1) as (logger, handler, reading):
        os.set_blocking(handler._to, False)
        for _ in range(ENOUGH):
            logger.info(LINE)
        logger.info("end")
        assert all_of(reading) == [LINE] * ENOUGH + ["end"]


def test_a_server_whose_log_nobody_reads_goes_on(tmp_path: Path) -> None:
    with running("--time-scale", "1000000", cwd=tmp_path) as server:
        server.ask("/api/v1/endpoints", {"url": "http://127.0.0.1:9/" + "a" * 500})
        for _ in range(3):  # four attempts each, more than 600 bytes of the log each
            server.ask("/api/v1/calls", {"count": 100})
        found = server.ask("/api/v1/wait?state=dead&count=300&timeout=20s")
        assert found["matched"] == 300
        assert server.end(signal.SIGTERM) == 0
    assert len(re.findall("event=attempt", server.said)) == 1_200
