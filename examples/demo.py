"""The main job, once: start an endpoint, check it, read the verdict. Run it with `make demo`.

First the strict Flask example, which keeps the contract; then the snippet of the provider's own document, which shows
what a verdict with findings looks like. Both HTML reports are left in `demo/`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPORTS = HERE.parent / "demo"
KEY = "a-key-for-the-demo"


def main() -> int:
    """Check both endpoints. 0 when the verdicts are the ones expected."""
    REPORTS.mkdir(exist_ok=True)
    print("1. A strict endpoint (examples/flask_endpoint) is checked.\n", flush=True)
    with endpoint(HERE / "flask_endpoint" / "app.py") as url:
        calls = url.replace("/api/alohub/webhook", "/calls/{call_id}#/count")
        strict = check(url, "--effects", calls, "--effects-wait", "15s", report="strict-endpoint.html")
    print("\n2. The snippet of Alohub's document (examples/documentation_samples) is checked.\n", flush=True)
    with endpoint(HERE / "documentation_samples" / "flask_snippet.py") as url:
        snippet = check(url, report="documentation-sample.html")
    print(f"\nThe reports are in {REPORTS}/ - open them in a browser.")
    if (strict, snippet) == (0, 1):
        return 0
    print(f"error: exit code 0 was expected of the first check, 1 of the second; they were {strict} and {snippet}")
    return 1


@contextmanager
def endpoint(program: Path) -> Iterator[str]:
    """Run an example on a free port of this machine; its URL."""
    with socket.socket() as one_that_is_free:
        one_that_is_free.bind(("127.0.0.1", 0))
        port = one_that_is_free.getsockname()[1]
    settings = {**os.environ, "PORT": str(port), "ALOHUB_WEBHOOK_KEY": KEY, "CALLS_DB": ":memory:"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, program], env=settings, stdout=quiet, stderr=quiet) as process:
        try:
            yield f"http://127.0.0.1:{port}/api/alohub/webhook"
        finally:
            process.terminate()


def check(url: str, *options: str, report: str) -> int:
    """Run `mock-alohub check` as a user would; its exit code."""
    command = [sys.executable, "-m", "mock_alohub", "check", url, "--wait", "60", *options]
    command += ["--report", f"html={REPORTS / report}"]
    return subprocess.run(command, env={**os.environ, "MOCK_ALOHUB_KEY": KEY}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
