"""Where a report goes: whole into its file, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from mock_alohub.errors import Unwritable
from mock_alohub.reports.record import AnyRecord, Format

STDOUT = Path("-")
"""The file that means standard output."""


def write(record: AnyRecord, report_format: Format[AnyRecord], path: Path) -> None:
    """Render `record` into the file at `path` (UTF-8).

    The file appears whole: it is written beside its place and then renamed, so that what stood there before is kept
    until then. Raises `Unwritable`; a closed pipe behind standard output stays a `BrokenPipeError`.
    """
    data = report_format.render(record).encode("utf-8", "backslashreplace")
    try:
        if path == STDOUT:
            _print(data)
        elif path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)  # a device or a pipe, as /dev/stderr: nothing can be renamed onto it
        else:
            _replace(path.resolve(), data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(report_format, path, error) from None


def _print(data: bytes) -> None:
    sys.stdout.flush()  # what was printed as text before comes first
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _replace(path: Path, data: bytes) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    # Not `tempfile`: its files are readable by their owner alone, and a report is there to be handed on.
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a disk that is full says so here at the latest
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _unwritable(report_format: Format[AnyRecord], path: Path, error: OSError) -> Unwritable:
    why, hint = _WHY.get(error.errno or 0, (error.strerror or str(error), ""))
    where = "standard output" if path == STDOUT else f"`{path}`"
    message = f"cannot write the {report_format.name} report to {where}: {why}"
    return Unwritable(message, hint=hint.format(folder=path.parent))


_WHY = {
    errno.ENOENT: ("its folder does not exist", "mkdir -p {folder}"),
    errno.ENOTDIR: ("a part of its path is not a folder", ""),
    errno.EISDIR: ("it is a folder", "name a file in it"),
    errno.EACCES: ("no permission", "choose a folder that you may write to"),
    errno.EPERM: ("no permission", "choose a folder that you may write to"),
    errno.EROFS: ("the file system is read-only", "choose a folder that you may write to"),
    errno.ENOSPC: ("the disk is full", "free some space; the former file, if there was one, is kept"),
    errno.EDQUOT: ("the quota of the disk is used up", "free some space; the former file, if there was one, is kept"),
}
