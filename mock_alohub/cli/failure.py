"""How a command that cannot go on says so: what is wrong, what to do, and the exit code."""

from __future__ import annotations

import os
import sys
from typing import Final

import click

from mock_alohub.cli.option import Argument
from mock_alohub.cli.terminal import painted
from mock_alohub.errors import BadOption, ExitCode, Mistake
from mock_alohub.project import ISSUES
from mock_alohub.settings import FILE

DEBUG: Final = "MOCK_ALOHUB_DEBUG"


def tell(mistake: Mistake) -> ExitCode:
    """Print `mistake` on standard error: `error: what is wrong`, and below it `hint: what to do`."""
    lines = [f"{painted('error', '1;31', sys.stderr)}: {mistake.message}"]
    if mistake.hint:
        lines.append(f"  {painted('hint', '1;36', sys.stderr)}: {mistake.hint}")
    talk("\n".join(lines))
    return mistake.exit_code


def warn(message: str) -> None:
    """Print a warning on standard error."""
    talk(f"{painted('warning', '1;33', sys.stderr)}: {message}")


def talk(text: str) -> None:
    """Print `text` on standard error, after all that was printed before: both may go to one file."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


class Defect(Mistake):
    """A defect of this program, told in the words of a mistake."""

    exit_code = ExitCode.INTERNAL


def tell_defect(error: Exception) -> ExitCode:
    """Say that this program is at fault, and where; what the error says itself may hold what was sent.

    The traceback is for those who ask for it.
    """
    # Here, for a command without a defect need not wait for them.
    import traceback
    from pathlib import Path

    if os.environ.get(DEBUG):
        traceback.print_exception(error, file=sys.stderr)
        return tell(Defect("internal error: this is a defect of mock-alohub", hint=f"please report it: {ISSUES}"))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
    hint = f"please report it with the traceback that {DEBUG}=1 adds: {ISSUES}"
    return tell(Defect(f"internal error ({place}): this is a defect of mock-alohub", hint=hint))


def usage_mistake(error: click.ClickException) -> Mistake:
    """What click found wrong with a command line, in the words of this program."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"{context.command_path} --help" if context else ""
    if isinstance(error, click.NoSuchOption):
        return BadOption(_no_such_option(error), hint=hint)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        or_set = f", or set `{error.param.setting}` in {FILE}" if isinstance(error.param, Argument) else ""
        return BadOption(f"{error.param.human_readable_name} is missing", hint=(_usage(context) or hint) + or_set)
    return BadOption(_plain(error.format_message()), hint=hint)


def _no_such_option(error: click.NoSuchOption) -> str:
    import difflib  # here, for a command that makes no mistake need not wait for it

    # An option may have been written together with its value, which may be a secret.
    name = error.option_name.partition("=")[0]
    known = [flag for param in error.ctx.command.params for flag in param.opts] if error.ctx else []
    near = difflib.get_close_matches(name, known, n=1)
    return f"unknown option `{name}`" + (f"; did you mean `{near[0]}`?" if near else "")


def _usage(context: click.Context | None) -> str:
    return " ".join(context.get_usage().split()).removeprefix("Usage: ") if context else ""


def _plain(message: str) -> str:
    """`message` of click as a sentence of ours: backticks around values, a small letter first, no full stop."""
    words = message.replace("'", "`").replace(". Did you mean", "; did you mean").strip().removesuffix(".")
    return words[:1].lower() + words[1:]
