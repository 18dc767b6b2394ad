"""Plain locust, as its documents have it: users of the fast client who wait so that each keeps a share of the rate."""

from __future__ import annotations

import os
from itertools import count

from locust import FastHttpUser, constant_throughput, task

from benchmarks.receiver import KEY, body

_HEADERS = {"Content-Type": "application/json", "Authorization": KEY}
_numbers = count()


class Caller(FastHttpUser):
    """One of as many callers as `--users` says."""

    wait_time = constant_throughput(float(os.environ["RATE_PER_USER"]))
    connection_timeout = 5.0
    network_timeout = 5.0

    @task
    def call(self) -> None:
        """Post one call."""
        self.client.post("/webhook", data=body(next(_numbers)).decode(), headers=_HEADERS)
