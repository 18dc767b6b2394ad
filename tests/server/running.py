"""The server as a process of its own."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from tests.cli.running import command, environment


@dataclass
class Server:
    """A server that runs. `said` is what it has on standard error, known once it has ended."""

    url: str
    process: subprocess.Popen[str]
    said: str = field(default="")

    def open(self, path: str, content: Any = None, *, method: str | None = None, **headers: str) -> HTTPResponse:
        """The answer to one request, not read yet. Raises `HTTPError` for an answer of 400 and more."""
        body = None if content is None else json.dumps(content).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            self.url + path, body, {"Content-Type": "application/json", **named}, method=method
        )
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=120)
        return answer

    def ask(self, path: str, content: Any = None, *, method: str | None = None, **headers: str) -> Any:
        """The JSON that is answered."""
        with self.open(path, content, method=method, **headers) as answer:
            return json.loads(answer.read() or b"null")

    def status(self, path: str, content: Any = None, *, method: str | None = None, **headers: str) -> int:
        """The status that is answered."""
        try:
            with self.open(path, content, method=method, **headers) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def end(self, signal: int) -> int:
        """Send a signal, and give the exit code."""
        self.process.send_signal(signal)
        return self.wait()

    def wait(self) -> int:
        """The exit code, once the process has ended."""
        _, self.said = self.process.communicate(timeout=120)
        return self.process.returncode


@contextmanager
def running(*options: str, cwd: Path, ephemeral: bool = True, **env: str) -> Iterator[Server]:
    """A server at a free port, that has said that it is ready."""
    kept = ["--ephemeral"] if ephemeral else []
    process = subprocess.Popen(
        command("serve", "--port", "0", *kept, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environment(TMPDIR=str(cwd), **env),
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise AssertionError(process.communicate()[1])
        yield Server(url, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
