"""What a running mock consists of: everything that a handler may need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mock_alohub.clock import Timekeeper
from mock_alohub.delivery.engine import Engine
from mock_alohub.server.event_stream import Feeds
from mock_alohub.server.inbox import Inboxes
from mock_alohub.server.metrics import Metrics
from mock_alohub.server.providers.context import ProviderContext
from mock_alohub.server.scenarios.runs import Runs
from mock_alohub.server.switchboard import Switchboard
from mock_alohub.specification.specification import Specification


@dataclass(frozen=True, slots=True)
class Context:
    """A mock Alohub at work.

    `public_url` is where it is reached, `url` where it reaches itself, `token` what guarded operations take (None:
    nothing). `runs` are those of scenarios. `private`: private addresses are dialled.
    `folder` is that of a database that is thrown away.

    `providers` is what the providers' REST APIs work with. Its log is a listener of the switchboard, closed with the
    server, and told of `advance` and `reset`. `time_scale` divides the waits before retries and the lengths of running
    calls.
    """

    specification: Specification
    engine: Engine
    switchboard: Switchboard
    clock: Timekeeper
    inboxes: Inboxes
    feeds: Feeds
    tally: Metrics
    providers: ProviderContext
    runs: Runs
    public_url: str
    url: str
    time_scale: float = 1.0
    token: str | None = None
    private: bool = True
    folder: Path | None = None
