"""Mistakes a user can put right, each with its exit code and, where there is one, a hint.

Everything below `Mistake` is shown as one sentence and a hint, never as a traceback. Whatever else is raised is a
defect of this program and ends with `ExitCode.INTERNAL`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to the shell; the same for every command."""

    KEPT = 0
    """The contract (or the SLA) is kept; the command did what was asked."""
    BROKEN = 1
    """The contract (or the SLA) is broken; a message is invalid."""
    USAGE = 2
    """Wrong usage or configuration; an input that cannot be read."""
    UNREACHABLE = 3
    """The endpoint could not be reached, so nothing could be judged."""
    INTERNAL = 70
    """A defect of mock-alohub itself (`EX_SOFTWARE` of sysexits): never a word about the endpoint."""
    INTERRUPTED = 130
    """Ended by Ctrl-C."""


class Mistake(Exception):
    """Something the user can put right. `message` says what is wrong and what is allowed; `hint` what to do."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadOption(Mistake):
    """An option or a setting has a value that is not allowed."""


class UnknownName(Mistake):
    """A name that is in no list: says the nearest names, or all of them when the list is short."""

    def __init__(self, kind: str, name: str, allowed: Iterable[str], *, hint: str = "") -> None:
        import difflib  # here, for a command that makes no mistake need not wait for it

        names = sorted(allowed)
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
        if near:
            rest = f"did you mean `{near[0]}`?"
        elif len(names) <= 12:
            rest = "allowed: " + ", ".join(f"`{one}`" for one in names)
        else:
            rest = f"there are {len(names)}, from `{names[0]}` to `{names[-1]}`"
        super().__init__(f"unknown {kind} `{name}`; {rest}", hint=hint)
        self.name = name
        self.nearest = near[0] if near else None


class BadURL(Mistake):
    """A URL that no webhook can be sent to."""


class BadSpecification(Mistake):
    """An OpenAPI document or schema that cannot be used."""


class Unreadable(Mistake):
    """A file or stream that cannot be read, or is not what it should be."""


class Unwritable(Mistake):
    """A file that cannot be written."""


class MissingExtra(Mistake):
    """A command needs packages that are installed only with an extra."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(
            f"{purpose} needs packages that are not installed",
            hint=f"pip install '{_installed_as()}[{extra}]'",
        )


def _installed_as() -> str:
    """What pip can add an extra to.

    The extras of an installed package are known from its own metadata, wherever it came from: a folder, a wheel or an
    index. Where it runs uninstalled from a checkout, it is that folder.
    """
    from importlib.metadata import PackageNotFoundError, distribution
    from pathlib import Path

    try:
        return distribution("mock-alohub").name
    except PackageNotFoundError:
        return str(Path(__file__).resolve().parents[1])


class Unreachable(Mistake):
    """No connection to the endpoint could be made, so nothing could be judged."""

    exit_code = ExitCode.UNREACHABLE
