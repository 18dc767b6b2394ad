"""Master and workers on machines of their own, as near as one machine comes to it: a network namespace each."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mock_alohub.load.counts import RunCounts
from mock_alohub.load.result import Result

_NUMBERS = itertools.count(1)

_ENDPOINT = """
import sys
from tests.load.receiving import receiving
with receiving("10.213.0.1") as received:
    print(received.port, flush=True)
    sys.stdin.read()
    print(received.count, flush=True)
"""
_MASTER = """
import json, sys
from mock_alohub.load import processes
from mock_alohub.load.plan import LoadPlan
plan = LoadPlan(sys.argv[1], ("alohub.call-ended",), 100.0, 3.0, seed=7, drain_s=1.0)
print(json.dumps(processes.run_master(plan, bind="10.213.0.1", expect_workers=2).as_dict()))
"""
_WORKER = """
from functools import partial
from mock_alohub.load import processes
processes.run_worker("10.213.0.1", on_word=partial(print, flush=True))
"""


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _inside(namespace: str, program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def machines() -> Iterator[list[str]]:
    """Three namespaces on one bridge, 10.213.0.1 to .3; the first holds the bridge."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root and the command ip")
    names = [f"mock-alohub-{os.getpid()}-{next(_NUMBERS)}" for _ in range(3)]
    with ExitStack() as undo:
        try:
            _connect(names, undo)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"this machine makes no network namespaces: {error.stderr.decode().strip()}")
        yield names


def _connect(names: list[str], undo: ExitStack) -> None:
    for name in names:
        _ip("netns", "add", name)
        undo.callback(_ip, "netns", "delete", name)
    hub = names[0]
    _ip("-n", hub, "link", "set", "lo", "up")
    _ip("-n", hub, "link", "add", "hub", "type", "bridge")
    _ip("-n", hub, "address", "add", "10.213.0.1/24", "dev", "hub")
    _ip("-n", hub, "link", "set", "hub", "up")
    for number, name in enumerate(names[1:], 2):
        _ip("-n", hub, "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("-n", hub, "link", "set", f"port{number}", "master", "hub", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "address", "add", f"10.213.0.{number}/24", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")


@pytest.mark.exhaustive
def test_workers_in_other_namespaces_share_the_load_of_a_master(machines: list[str]) -> None:
    hub, *others = machines
    with _inside(hub, _ENDPOINT) as endpoint:
        assert endpoint.stdin is not None
        assert endpoint.stdout is not None
        url = f"http://10.213.0.1:{endpoint.stdout.readline().strip()}/hook"
        with (
            _inside(hub, _MASTER, url) as master,
            _inside(others[0], _WORKER) as one,
            _inside(others[1], _WORKER) as two,
        ):
            output, errors = master.communicate(timeout=120)
            assert master.returncode == 0, errors
            for worker in (one, two):
                words, errors = worker.communicate(timeout=120)
                assert worker.returncode == 0, errors
                assert "run 1: share" in words
        result = Result.of_dict(json.loads(output))
        endpoint.stdin.close()
        received = int(endpoint.stdout.readline())
    assert _sums(result.run_counts) == received
    assert abs(result.workers[0].sent - result.workers[1].sent) <= 1


def _sums(run_counts: RunCounts) -> int:
    assert run_counts.scheduled == run_counts.sent == run_counts.first.acknowledged
    return run_counts.sent


@pytest.mark.exhaustive
def test_a_worker_whose_network_is_cut_is_lost_and_its_share_goes_on(machines: list[str]) -> None:
    hub, *others = machines
    with _inside(hub, _ENDPOINT) as endpoint:
        assert endpoint.stdin is not None
        assert endpoint.stdout is not None
        url = f"http://10.213.0.1:{endpoint.stdout.readline().strip()}/hook"
        program = _MASTER.replace("3.0, seed", "10.0, seed")
        with (
            _inside(hub, program, url) as master,
            _inside(others[0], _WORKER) as one,
            _inside(others[1], _WORKER) as two,
        ):
            assert two.stdout is not None
            while "run 1: share" not in two.stdout.readline():
                assert two.poll() is None
            _ip("-n", hub, "link", "set", "port3", "down")
            output, errors = master.communicate(timeout=120)
            assert master.returncode == 0, errors
            one.communicate(timeout=120)
            two.kill()
        endpoint.stdin.close()
    result = Result.of_dict(json.loads(output))
    lost = "it said nothing for 4 s; the other worker took its share over"
    assert any(lost in note for note in result.notes), result.notes
    assert set(result.run_counts.unsent) == {"a worker was lost"}
    assert result.run_counts.scheduled == result.run_counts.sent + sum(result.run_counts.unsent.values())
