"""Every test of the command line runs in a folder of its own, without the settings of whoever runs it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_alohub.load import bottleneck
from tests.cli.endpoint import Partner, listening


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith("MOCK_ALOHUB_") or name in {"NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Departures of a load run may be late here: other tests take the machine's time, too."""
    monkeypatch.setattr(bottleneck, "MOST_LAG_MS", 10_000.0)


@pytest.fixture
def partner() -> Iterator[Partner]:
    """An endpoint that does all right."""
    with listening() as one:
        yield one


@pytest.fixture
def closed_port() -> int:
    """A port of loopback nobody listens on."""
    with listening() as one:
        return one.port


@pytest.fixture
def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        assert isinstance(port, int)
        return port
