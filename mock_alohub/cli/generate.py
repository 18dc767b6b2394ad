"""`mock-alohub generate`: messages about simulated calls, one in a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from mock_alohub.cli import options
from mock_alohub.cli.drawing import count_option, drawn, unknown_fields, wish_options, wishes
from mock_alohub.cli.failure import warn
from mock_alohub.cli.option import option
from mock_alohub.cli.verb import Verb
from mock_alohub.errors import ExitCode, Unwritable

_AT_ONCE: Final = 500
"""Lines that are written together; one by one they would take three times as long."""


@click.command(cls=Verb)
@options.spec_option
@options.webhook_option((options.CALL_ENDED,), "The webhook whose messages to write. Repeatable.")
@options.template_option
@count_option(10)
@wish_options
@options.seed_option("Draw the same calls again, to the byte; they then start on 2024-01-13 at 08:00.")
@options.start_option
@options.spelling_option
@option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
        help="Write to FILE.  [default: standard output]")  # fmt: skip
def generate(output: Path | None, **chosen: Any) -> ExitCode:
    """Write messages about simulated calls.

    One message in a line (NDJSON), as Alohub would send it: realistic, and true in itself. With --seed the same bytes
    come out on every machine.
    """
    known = options.specification(chosen["status_spelling"], chosen["described"])
    specified = options.in_words(known, chosen["webhooks"], chosen["wordings"])
    webhooks = options.webhooks_of(specified, chosen["webhooks"])
    wanted = wishes(chosen, options.drawn_seed(chosen["seed"]))
    for name in unknown_fields(webhooks, wanted):
        warn(f"`{name}` is no field of {' or '.join(chosen['webhooks'])}; it is added")
    lines = (message.body + b"\n" for message in drawn(webhooks, wanted))
    first = list(islice(lines, _AT_ONCE))  # what cannot be drawn is said before a file is touched
    with _opened(output) as stream:
        while first:
            stream.write(b"".join(first))
            first = list(islice(lines, _AT_ONCE))
        stream.flush()
    return ExitCode.KEPT


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    try:
        if output is None or output == Path("-"):
            yield sys.stdout.buffer
        else:
            with output.open("wb") as stream:
                yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unwritable(f"cannot write to {output or 'standard output'}: {why}") from None
