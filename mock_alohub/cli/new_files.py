"""Files that are written together: all of them or none, and never over anything that is there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePath

from mock_alohub.errors import Unwritable


def taken(folder: Path, names: Iterable[str]) -> list[str]:
    """Those of `names` that are in `folder` already; a symbolic link to nothing is there, too."""
    return [name for name in names if os.path.lexists(folder / name)]


def demand_room(folder: Path, names: Iterable[str]) -> None:
    """Raise `Unwritable` where no file could be written because of what stands in the place of a folder."""
    inner = {parent for name in names for parent in PurePath(name).parents if parent.name}
    try:
        _demand_folder(folder, hint="name a folder, or one that is to be made")
        for path in sorted(folder / parent for parent in inner):
            if path.is_symlink():  # it may lead out of the folder that was named
                raise Unwritable(f"`{path}` is a symbolic link; nothing is written behind it", hint="make it a folder")
            _demand_folder(path, hint="move it away")
    except OSError as error:
        raise _unwritable(folder, error) from None


def _demand_folder(path: Path, hint: str) -> None:
    if os.path.lexists(path) and not path.exists():
        raise Unwritable(f"`{path}` is a symbolic link to nothing", hint=hint)
    if path.exists() and not path.is_dir():
        raise Unwritable(f"`{path}` is a file, not a folder", hint=hint)


def create(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` into `folder` and make the folders that are missing.

    Raises `Unwritable`; what was written until then is removed again, also when it is interrupted.
    """
    made: list[Path] = []
    path = folder
    try:
        for name, data in files.items():
            path = folder / name
            _make_folder(path.parent, made)
            _write(path, data, made)
    except BaseException as error:
        _remove(made)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from None
        raise


def _make_folder(folder: Path, made: list[Path]) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir()
        made.append(one)


def _write(path: Path, data: bytes, made: list[Path]) -> None:
    with path.open("xb") as file:
        made.append(path)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # a disk that is full says so here at the latest


def _remove(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):  # a folder in which somebody else has put something meanwhile stays
            path.rmdir() if path.is_dir() else path.unlink()


def _unwritable(path: Path, error: OSError) -> Unwritable:
    why = (error.strerror or str(error)).lower()
    return Unwritable(f"cannot write `{path}`: {why}", hint="nothing was written; name a folder that can be written to")
