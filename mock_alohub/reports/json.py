r"""The record itself, as JSON: indented, its keys in the order of the published interface.

Every character that steers a terminal unseen is written as `\uXXXX`, which is the same JSON: the file can be looked
at with `cat`.
"""

from __future__ import annotations

import json
from types import UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from mock_alohub.reports.record import Format, Record
from mock_alohub.reports.visible import UNSEEN


def render(record: Record) -> str:
    """`record` as text that `report.read_record` reads back, equal; lone surrogates alone come back written out."""
    return text_of(record, Record)


def text_of(record: Any, shape: Any) -> str:
    """A record of any kind as text, its keys in the order in which `shape`, a TypedDict, declares them."""
    text = json.dumps(_ordered(record, shape), ensure_ascii=False, indent=2, allow_nan=False)
    return UNSEEN.sub(_escape, text) + "\n"


def _escape(match: Any) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _ordered(value: Any, shape: Any) -> Any:
    """`value` with the keys of every object in the order in which `shape` declares them; unknown keys follow."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list | tuple):
        inner = next(iter(get_args(shape)), Any)
        return [_ordered(item, inner) for item in value]
    if isinstance(value, dict):
        hints = _hints(shape)
        known = [key for key in hints if key in value]
        # By what will be written: text that is read back stands in the same order again.
        rest = sorted((key for key in value if key not in hints), key=lambda key: str(_ordered(key, str)))
        other = get_args(shape)[1] if get_origin(shape) is dict else Any
        return {_ordered(key, str): _ordered(value[key], hints.get(key, other)) for key in [*known, *rest]}
    return value


def _hints(shape: Any) -> dict[str, Any]:
    """The declared keys of a TypedDict, also when it stands in a union with None; none for anything else."""
    if get_origin(shape) in (Union, UnionType, NotRequired):
        shape = next((one for one in get_args(shape) if is_typeddict(one)), Any)
    return get_type_hints(shape) if is_typeddict(shape) else {}


FORMAT = Format("json", ".json", "the record itself: for programs, and to render the other formats later", render)
