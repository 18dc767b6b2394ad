"""A skipped test proves nothing. In CI every skip must be one that is known and listed, or the run fails."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

ALLOWED: Final = Path(__file__).parent / "allowed_skips.txt"
_WORKER_KEY: Final = "skipped_while_collecting"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A test (or a module) that was skipped, and why."""

    test: str
    reason: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """A line of the list: patterns of a test's id and of a reason, in which `*` is anything."""

    test: re.Pattern[str]
    reason: re.Pattern[str]

    def covers(self, skipped: Skipped) -> bool:
        return bool(self.test.fullmatch(skipped.test) and self.reason.fullmatch(skipped.reason))


def read(lines: Iterable[str]) -> list[Allowed]:
    """The entries of a list: `test id | reason` on each line; empty lines and those from `#` on are for people."""
    entries = (line.strip() for line in lines)
    return [_entry(line) for line in entries if line and not line.startswith("#")]


def _entry(line: str) -> Allowed:
    test, bar, reason = (part.strip() for part in line.partition(" | "))
    if not bar:
        raise pytest.UsageError(f"allowed skips: `{line}` is not written as `test id | reason`")
    return Allowed(_pattern(test), _pattern(reason))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)


@dataclass(slots=True, eq=False)  # pytest keeps its plugins in sets
class SkipGuard:
    """A pytest plugin that fails a run in which a test was skipped that no entry of `allowed` covers."""

    allowed: list[Allowed]
    collected: list[Skipped] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def unknown(self) -> list[Skipped]:
        return [one for one in self.skipped if not any(entry.covers(one) for entry in self.allowed)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # Of an expected failure pytest reports a skip, too.
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(Skipped(report.nodeid, _reason(report.longrepr)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.collected.append(Skipped(report.nodeid, _reason(report.longrepr)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker is done. What it skipped while collecting, only it knows."""
        output: dict[str, Any] = getattr(node, "workeroutput", {})
        self.collected += [Skipped(test, reason) for test, reason in output.get(_WORKER_KEY, ())]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_WORKER_KEY] = [(one.test, one.reason) for one in self.collected]
            return
        self.skipped += dict.fromkeys(self.collected)  # every worker collects everything
        if self.unknown and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.unknown:
            return
        terminalreporter.section("skipped, and not allowed to be", red=True, bold=True)
        for one in self.unknown:
            terminalreporter.line(f"{one.test} | {one.reason}")
        terminalreporter.line(f"Make them run here, or list them in tests/{ALLOWED.name}.")


def _reason(longrepr: object) -> str:
    reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return str(reason).removeprefix("Skipped: ")
