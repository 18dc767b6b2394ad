"""What `generate` does: write messages about simulated calls, one in a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from mock_alohub.cli import values
from mock_alohub.cli.actions.drawing import drawn, unknown_fields, wishes
from mock_alohub.cli.failure import warn
from mock_alohub.errors import ExitCode, Unwritable

_AT_ONCE: Final = 500
"""Lines that are written together; one by one they would take three times as long."""


def generate(output: Path | None, **chosen: Any) -> ExitCode:
    """Write the messages that were asked for to `output`, or to standard output."""
    known = values.specification(chosen["status_spelling"], chosen["described"])
    specified = values.in_words(known, chosen["webhooks"], chosen["wordings"])
    webhooks = values.webhooks_of(specified, chosen["webhooks"])
    wanted = wishes(chosen, values.drawn_seed(chosen["seed"]))
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
