"""What the wheel promises with each extra, tried as a user would; and what it says of that without the extra."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.cli.running import offered
from tests.newest.environment import Environment, Failed
from tests.newest.wheel import BARE, Wheel
from tests.zoo.receiver import KEY, WEBHOOK, Receiver
from tests.zoo.server import Server

_ANSWER_S: Final = 60
_NOWHERE: Final = "http://127.0.0.1:9/"
"""A URL that is never called: what is refused is refused before."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that has to work in an environment. `run` raises `Failed` where it does not."""

    name: str
    run: Callable[[Environment], None]


@contextmanager
def _endpoint() -> Iterator[tuple[str, Receiver]]:
    receiver = Receiver()
    with Server(receiver) as server:
        yield f"{server.origin}{WEBHOOK}", receiver


def _demand(holds: object, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


def _verb(environment: Environment, *words: str, code: int = 0, stdin: str = "") -> str:
    return environment.run("mock-alohub", *words, code=code, stdin=stdin).out


def _version(environment: Environment) -> None:
    said, installed = _verb(environment, "--version").split(), environment.versions["mock-alohub"]
    _demand(said == ["mock-alohub", installed], f"--version says {said}, and {installed} is installed")


def _generate(environment: Environment) -> None:
    messages = _verb(environment, "generate", "--count", "3", "--seed", "1")
    _demand(messages.count("call_id") == 3, f"`generate --count 3` wrote:\n{messages}")
    _verb(environment, "validate", stdin=messages)


def _rules(environment: Environment) -> None:
    said = _verb(environment, "rules")
    _demand("ack.exactly-200" in said, f"`rules` lists:\n{said}")


def _dry_run(environment: Environment) -> None:
    said = _verb(environment, "send", _NOWHERE, "--dry-run")
    _demand("curl" in said and KEY not in said, f"`send --dry-run` says:\n{said}")


def _check(environment: Environment, *words: str) -> None:
    """Check the correct endpoint, and render the record in other formats."""
    with _endpoint() as (url, _):
        _verb(environment, "check", url, "--webhook", "alohub.call-ended", *words, "--report", "json=report.json")
    record = json.loads((environment.work / "report.json").read_text())
    _demand(
        (record["verdict"], record["counts"]["crashed"]) == ("pass", 0),
        f"the correct endpoint: {record['verdict']}, {record['counts']}",
    )
    outcomes = {rule["id"]: (rule["outcome"], rule["reason"]) for rule in record["rules"]}
    wanted = "pass" if words else "skip"
    _demand(outcomes["robust.generated"][0] == wanted, f"robust.generated: {outcomes['robust.generated']}")
    _verb(environment, "report", "report.json", "--report", "html=report.html", "--report", "junit=report.xml")
    page = (environment.work / "report.html").read_text()
    _demand(page.startswith("<!doctype html>"), f"`report` wrote a page that begins with {page[:40]!r}")


def _check_generated(environment: Environment) -> None:
    _check(environment, "--generated", "4")


def _suite(environment: Environment, *words: str, part: str = "") -> None:
    folder = environment.run("python", "-m", "mock_alohub.bundle", "contract_tests").out.strip()
    with _endpoint() as (url, _):
        options = ["--alohub-url", url, "--alohub-webhook", "alohub.call-ended", "--alohub-generated", "4"]
        plain = ["-q", "-p", "no:cacheprovider"]
        said = environment.run("python", "-m", "pytest", folder + part, *options, *plain, *words).out
    _demand(re.search(r"\b[1-9]\d* passed", said), f"no test of the suite passed:\n{said[-1000:]}")


def _part_of_suite(environment: Environment) -> None:
    _suite(environment, "--alohub-rule", "auth", part="/test_rules.py")


def _suite_in_two(environment: Environment) -> None:
    _suite(environment, "--alohub-rule", "auth", "-n", "2", part="/test_rules.py")


def _load(environment: Environment) -> None:
    with _endpoint() as (url, _):
        words = [url, "--rate", "20", "--duration", "1s", "--report", "json=load.json", "--report", "html=load.html"]
        ended = offered(lambda: environment.done("mock-alohub", "load", *words))
    _demand(ended.code == 0, f"`load` ended with {ended.code}:\n{ended.said}")
    record = json.loads((environment.work / "load.json").read_text())
    _demand(record["verdict"] == "pass", f"the load run: {record['verdict']}")


def _serve(environment: Environment) -> None:
    with _endpoint() as (url, receiver), _serving(environment, "--endpoint", url) as (server, process):
        _demand(_fetched(f"{server}/readyz") is not None, "/readyz is empty")
        environment.run("mock-alohub", "healthcheck", server)
        placed = json.loads(_fetched(f"{server}/api/v1/calls", {"outcome": "answered"}))
        _demand(placed["deliveries"] == 1, f"a call was placed: {placed}")
        _fetched(f"{server}/api/v1/wait?state=delivered")
        call_id = placed["calls"][0]["call_id"]
        _demand(receiver.counts[call_id] == 1, f"the call came {receiver.counts[call_id]} times")
        _demand(b"mock_alohub" in _fetched(f"{server}/metrics"), "/metrics lacks metrics")
        process.send_signal(signal.SIGTERM)
        code = process.wait(_ANSWER_S)
        _demand(code == 0, f"`serve` ended with {code} by SIGTERM")


@contextmanager
def _serving(environment: Environment, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The URL and the process of a server that has said that it is ready,; a failure shows what it said."""
    log = environment.work / "serve.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            environment.command("mock-alohub", "serve", "--port", "0", "--ephemeral", *words),
            stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=environment.work,
            env=environment.variables,
        )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        except (Failed, OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise Failed(f"{error}\n{log.read_text()[-2000:]}") from None
        finally:
            process.kill()


def _fetched(url: str, content: Mapping[str, object] | None = None) -> bytes:
    """The body of an answer. Raises `OSError`, `ValueError`."""
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_ANSWER_S) as answer:
        answered: bytes = answer.read()
        return answered


def _refused(words: str, extra: str) -> Step:
    """A verb that needs an extra which is not there: one sentence, how to install it, exit code 2."""

    def run(environment: Environment) -> None:
        ended = environment.run("mock-alohub", *words.split(), code=2)
        _demand(f"pip install 'mock-alohub[{extra}]'" in ended.err, f"`{words}` says:\n{ended.said}")

    return Step(f"{words.split()[0]} without [{extra}]", run)


VERSION: Final = Step("--version", _version)
PLAIN: Final = (
    VERSION,
    Step("generate | validate", _generate),
    Step("rules", _rules),
    Step("send --dry-run", _dry_run),
)
"""What needs no extra. It is tried without one, and where all of them come together."""
ALONE: Final = Step("check, report", _check)
PROMISED: Final = {
    "contract": (Step("suite -n 2, a part", _suite_in_two), Step("check --generated 4, report", _check_generated)),
    "server": (Step("serve, healthcheck", _serve),),
    "load": (Step("load", _load),),
}
IN_COMPANY: Final = {
    "contract": (Step("suite, a part", _part_of_suite),),
    "server": PROMISED["server"],
    "load": PROMISED["load"],
}
"""The same in an extra that brings several together: that they get on with each other, not all of each once more."""
REFUSED: Final = {
    "contract": _refused(f"check {_NOWHERE} --generated 5", "contract"),
    "server": _refused("serve --port 0 --ephemeral", "server"),
    "load": _refused(f"load {_NOWHERE}", "load"),
}


def steps(wheel: Wheel, extra: str) -> list[Step]:
    """All that has to work with an extra, or without one (`BARE`), by what the wheel says that the extra requires.

    Raises `Failed` for an extra of which nobody wrote down what it promises.
    """
    kept = [name for name in PROMISED if wheel.required[name] <= wheel.required[extra]]
    if extra != BARE and not kept:
        raise Failed(f"nobody says what the extra `{extra}` promises; add it to PROMISED in {__file__}")
    promised = PROMISED if kept == [extra] else IN_COMPANY
    return [
        *((VERSION,) if kept == [extra] else PLAIN),
        *(() if kept else (ALONE,)),
        *(step for name in kept for step in promised[name]),
        *(REFUSED[name] for name in PROMISED if name not in kept),
    ]
