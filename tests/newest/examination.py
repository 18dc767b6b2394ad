"""One extra with the newest versions, step by step; what fails is tried again with older ones."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from tests.newest.environment import Environment, Failed, Pip, end_of
from tests.newest.judgement import Tried, Verdict, judge
from tests.newest.promises import Step
from tests.newest.versions import Change, Versions, changes

Install = Callable[[Versions], Environment]
"""Makes a fresh environment with some packages pinned. Raises `Failed`."""


@dataclass
class Examination:
    """The environments of one extra: the newest one, and those that are made to find out why a step fails there."""

    extra: str
    install: Install
    pip: Pip
    locked: Versions
    direct: frozenset[str]
    changed: list[Change] = field(default_factory=list)
    """The packages of the newest environment that differ from the lock, once it is installed."""
    _made: dict[tuple[tuple[str, str], ...], Environment | Failed] = field(default_factory=dict)

    def verdicts(self, steps: Iterable[Step]) -> Iterator[Verdict]:
        """The verdict on the installation, on `pip check`, and on each step. What cannot be installed is not tried."""
        installed = self._judged(Step("install", lambda _: None))
        yield installed
        if isinstance(self._made[()], Failed):
            return
        for step in (Step("pip check", self._pip_check), *steps):
            yield self._judged(step)

    def forget(self) -> None:
        """Remove the environments."""
        for made in self._made.values():
            if isinstance(made, Environment):
                shutil.rmtree(made.folder.parent)

    def _judged(self, step: Step) -> Verdict:
        newest = self._tried(step, {})
        return judge(self.extra, step.name, newest, partial(self._tried, step), self.locked, self.changed)

    def _tried(self, step: Step, pins: Versions) -> Tried:
        began = monotonic()
        try:
            environment = self._environment(pins)
            environment.deprecations.write_text("")
            step.run(environment)
        except Failed as failed:
            return Tried(False, monotonic() - began, str(failed))
        except Exception:  # a step found something that it did not think of, such as a report of another shape
            return Tried(False, monotonic() - began, traceback.format_exc(limit=-3))
        met = tuple(dict.fromkeys(environment.deprecations.read_text().splitlines()))
        return Tried(True, monotonic() - began, deprecations=met)

    def _environment(self, pins: Versions) -> Environment:
        key = tuple(sorted(pins.items()))
        if key not in self._made:
            try:
                self._made[key] = self.install(pins)
            except Failed as failed:
                self._made[key] = failed
        made = self._made[key]
        if isinstance(made, Failed):
            raise made
        if not pins:
            self.changed = changes(made.versions, self.locked, self.direct)
        return made

    def _pip_check(self, environment: Environment) -> None:
        ended = self.pip.run(environment.python, "check")
        if ended.code:
            raise Failed(f"pip check:\n{end_of(ended)}")
