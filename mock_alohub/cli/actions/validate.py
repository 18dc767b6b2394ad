"""What `validate` does: say whether messages are as the specification wants them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from mock_alohub.cli import values
from mock_alohub.cli.failure import talk, tell, warn
from mock_alohub.cli.terminal import painted
from mock_alohub.errors import ExitCode, Unreadable
from mock_alohub.reports.visible import one_line
from mock_alohub.specification.specification import DEFAULT
from mock_alohub.specification.validation import LineResult, Problem, Validator, check_lines

_UNREADABLE_LINES: Final = 10
"""After this many lines without one message a file is taken for something else."""

Show = Callable[[str, LineResult, Problem], str]


def validate(files: tuple[Path, ...], **chosen: Any) -> ExitCode:
    """Print what is wrong with the messages of `files`, or of standard input."""
    known = values.specification(chosen["status_spelling"], chosen["described"])
    names = chosen["webhooks"] or DEFAULT
    specified = values.in_words(known, names, chosen["wordings"])
    validation = Validation(Validator(*values.webhooks_of(specified, names)), SHOWN[chosen["form"]])
    for file in files or (values.STDIN,):
        try:
            validation.read(file)
        except Unreadable as mistake:
            validation.unreadable += 1
            tell(mistake)
    validation.sum_up()
    return validation.exit_code()


@dataclass(slots=True)
class Validation:
    """What was read so far, and how much of it was wrong."""

    validator: Validator
    show: Show
    messages: int = 0
    invalid: int = 0
    problems: int = 0
    unreadable: int = 0

    def read(self, file: Path) -> None:
        """Print what is wrong with every message of `file`. Raises `Unreadable` when there is none in it."""
        name = "standard input" if file == values.STDIN else str(file)
        place = "stdin" if file == values.STDIN else str(file)
        read = any_message = False
        with _opened(file, name) as stream:
            for number, result in enumerate(check_lines(stream, self.validator), 1):
                read, any_message = True, any_message or bool(result.webhook)
                self._note(place, result)
                if not any_message and number == _UNREADABLE_LINES:
                    raise Unreadable(f"{name} holds no messages: its first {number} lines are not JSON")
        if not read:
            raise Unreadable(f"{name} is empty, so there is nothing to validate")
        if not any_message:
            raise Unreadable(f"{name} holds no message that could be read")

    def _note(self, place: str, result: LineResult) -> None:
        self.messages += 1
        if result.note:
            warn(f"{place}: {result.note}")
        if result.problems:
            self.invalid += 1
            self.problems += len(result.problems)
            print("\n".join(self.show(place, result, problem) for problem in result.problems))

    def sum_up(self) -> None:
        """Say on standard error how many messages there were and how many are invalid."""
        if not self.messages:
            return
        words = f"{self.messages:,} message{'s'[: self.messages != 1]}"
        if self.invalid:
            errors = f"{self.problems:,} error{'s'[: self.problems != 1]}"
            talk(f"{words}, {painted(f'{self.invalid:,} invalid', '1;31', sys.stderr)} ({errors})")
        else:
            talk(f"{words}, {painted('all valid', '1;32', sys.stderr)}")

    def exit_code(self) -> ExitCode:
        """2 when a file could not be read, 1 when a message is invalid, else 0."""
        if self.unreadable:
            return ExitCode.USAGE
        return ExitCode.BROKEN if self.invalid else ExitCode.KEPT


@contextmanager
def _opened(file: Path, name: str) -> Iterator[BinaryIO]:
    if file == values.STDIN:
        if sys.stdin.isatty():
            talk("reading from standard input; end it with Ctrl-D")
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unreadable(f"cannot read {name}: {(error.strerror or str(error)).lower()}") from None


def _text(place: str, result: LineResult, problem: Problem) -> str:
    where = f"{place}:{result.line}:"
    return " ".join([where, *([f"{problem.pointer}:"] if problem.pointer else []), one_line(problem.message)])


def _json(place: str, result: LineResult, problem: Problem) -> str:
    record: dict[str, str | int | Sequence[str] | None] = {
        "file": place,
        "line": result.line,
        "webhook": result.webhook or None,
        "pointer": problem.pointer,
        "message": problem.message,
        "allowed": problem.allowed,
        "nearest": problem.nearest,
    }
    return orjson.dumps(record).decode()


SHOWN: Final[dict[str, Show]] = {"text": _text, "json": _json}
