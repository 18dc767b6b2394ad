"""The command line: `mock-alohub VERB`. Each verb has a file of its own, which is imported when it is run."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from mock_alohub import __version__
from mock_alohub.cli import terminal
from mock_alohub.cli.failure import tell, tell_defect, usage_mistake
from mock_alohub.cli.lazy import LazyGroup
from mock_alohub.cli.option import FilePath
from mock_alohub.errors import ExitCode, Mistake, Unwritable

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM: Final = "mock-alohub"
VERBS: Final = {
    "init": "Write the files to begin with: settings, an endpoint, a recipe for CI.",
    "check": "Hold an endpoint to the rules of its provider.",
    "load": "Offer an endpoint calls at a rate, and say whether it holds.",
    "send": "Send calls to an endpoint, as they are or with faults.",
    "generate": "Write messages about simulated calls.",
    "validate": "Say whether messages are as the specification wants them.",
    "rules": "List the rules an endpoint is held to, or explain one.",
    "report": "Render the record of a check or of a load run.",
    "serve": "Run a stand-in Alohub: its webhooks with their retries, and an API to control them.",
    "healthcheck": "Say whether a mock server is well.",
}
"""Every verb and what it is for. A verb's own help begins with the same line."""

READER_GONE: Final = 141
"""What a shell sees when the reader of a pipe is gone (128 + SIGPIPE), as of any other program."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_COMPLETE: Final = "_MOCK_ALOHUB_COMPLETE"


@click.group(
    cls=LazyGroup,
    package="mock_alohub.cli",
    verbs=VERBS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="mock-alohub VERB --help says more about a verb.",
)
@click.option("--config", type=FilePath(), metavar="FILE", help="Read settings from FILE.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def group(context: click.Context, config: Path | None) -> ExitCode | None:
    """Contract tests and a mock sender for endpoints that receive call webhooks.

    \b
    mock-alohub check http://127.0.0.1:8000/alohub --key KEY
    mock-alohub send http://127.0.0.1:8000/alohub --outcome busy
    mock-alohub generate --count 3 --seed 1 | mock-alohub validate
    """  # noqa: D301 - the \b is click's mark for lines that are not to be wrapped
    if context.invoked_subcommand is not None:
        return None
    click.echo(context.get_help(), err=True)
    return ExitCode.USAGE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line `arguments` (default: those of the process) and give the exit code."""
    if _COMPLETE in os.environ:
        group.main(prog_name=PROGRAM)
    terminal.settle()
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except BrokenPipeError:
        terminal.silence_stdout()
        return READER_GONE
    except OSError as error:
        return _lost_output(error)
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED


def _run(arguments: list[str]) -> int:
    # Not `group.main`: it would end with 1 when the reader of a pipe is gone, which means a broken contract here.
    try:
        with group.make_context(PROGRAM, arguments) as context:
            result = group.invoke(context)
        code = result if isinstance(result, int) else ExitCode.KEPT
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except Mistake as mistake:
        code = tell(mistake)
    except click.ClickException as error:
        code = tell(usage_mistake(error))
    except (OSError, click.Abort):
        raise
    except Exception as error:
        code = tell_defect(error)
    sys.stdout.flush()  # a full disk is noticed here at the latest
    return int(code)


def _lost_output(error: OSError) -> ExitCode:
    """Standard output cannot be written to; whatever else an operating system refuses is our own business."""
    if error.errno not in _NO_ROOM:
        return tell_defect(error)
    terminal.silence_stdout()
    return tell(Unwritable(f"cannot write to standard output: {(error.strerror or str(error)).lower()}"))
