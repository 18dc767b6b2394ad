"""The main job, once: start an endpoint, check it, read the verdict. Run it with `make demo`.

First the strict Flask example, which keeps the contract; then the snippet of the provider's own document, which shows
what a verdict with findings looks like. Both HTML reports are left in `demo/`.
"""

from __future__ import annotations

import os
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
    print("1. A strict endpoint (examples/flask_endpoint) is started and checked.\n", flush=True)
    with endpoint(HERE / "flask_endpoint" / "app.py") as url:
        calls = url.replace("/api/alohub/webhook", "/calls/{call_id}#/count")
        strict = check(url, "--effects", calls, report="strict-endpoint.html")
    print("\n2. The snippet of Alohub's document (examples/documentation_samples) is started and checked.\n", flush=True)
    with endpoint(HERE / "documentation_samples" / "flask_snippet.py") as url:
        snippet = check(url, report="documentation-sample.html")
    print(f"\nThe reports are in {REPORTS}/ - open them in a browser.")
    return 0 if (strict, snippet) == (0, 1) else 1


@contextmanager
def endpoint(program: Path) -> Iterator[str]:
    """Run an example on a free port; its URL is the last word of the first line it prints."""
    settings = {**os.environ, "PORT": "0", "ALOHUB_WEBHOOK_KEY": KEY, "CALLS_DB": ":memory:"}
    with subprocess.Popen(
        [sys.executable, program], env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if "http://" not in line:
                raise SystemExit(f"{program} did not start")
            yield line.split()[-1]
        finally:
            process.terminate()


def check(url: str, *options: str, report: str) -> int:
    """Run `mock-alohub check` as a user would; its exit code."""
    command = [sys.executable, "-m", "mock_alohub", "check", url, "--report", f"html={REPORTS / report}", *options]
    return subprocess.run(command, env={**os.environ, "MOCK_ALOHUB_KEY": KEY}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
