"""`mock-alohub healthcheck`."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.running import run
from tests.server.running import running


def test_a_server_that_is_well_is_passed_without_a_word(tmp_path: Path) -> None:
    with running("--token", "t0ken-of-the-server-42", cwd=tmp_path) as server:
        done = run("healthcheck", server.url)
    assert (done.code, done.said) == (0, "")


def test_where_nothing_listens_nothing_is_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    done = run("healthcheck", f"http://127.0.0.1:{port}")
    assert done.code == 1
    assert f"http://127.0.0.1:{port} is not well: [errno" in done.err


def test_a_server_that_is_not_ready_is_not_well(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/readyz").respond_with_data("the disk is full", 503)
    done = run("healthcheck", httpserver.url_for(""))
    assert (done.code, "it answers 503 the disk is full" in done.err) == (1, True)


def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = run("healthcheck", f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "50ms")
    assert (done.code, "timed out" in done.err) == (1, True)


@pytest.mark.parametrize("arguments", [("nowhere",), ("--timeout", "0s")])
def test_wrong_usage_is_told(arguments: tuple[str, ...]) -> None:
    assert run("healthcheck", *arguments).code == 2
