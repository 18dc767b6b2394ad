r"""Text from elsewhere, made harmless to look at.

What an endpoint answers ends up in terminals, build logs and web pages. Whatever would steer them without being seen
(terminal escapes, bidirectional overrides, separators, invisible characters) is written out: `\x1b`, `\u202e`.
"""

from __future__ import annotations

import re
from typing import TypeVar

Shape = TypeVar("Shape")

UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls, save tab and line feed
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u3164\ufeff\uffa0"  # drawn as nothing
    "\u200e\u200f\u2028-\u202e\u2060-\u206f"  # direction marks and overrides, line and paragraph separators
    "\ud800-\udfff"  # lone surrogates, which no file can hold
    "\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"  # specials, noncharacters, tags
    "]"
)
"""Characters that are never shown as they are. The joiners U+200C and U+200D stay: words and emoji need them."""

_LOG_COMMAND = re.compile(r"#(?=#(?:\[|vso\[|teamcity\[))")
"""GitHub, Azure Pipelines and TeamCity obey `##[…]` words anywhere in a line of a build log."""


def visible(text: str) -> str:
    r"""`text` with every character of `UNSEEN` written out; tabs and line feeds stay, CR LF becomes a line feed."""
    shown = UNSEEN.sub(lambda match: escape(match[0]), text.replace("\r\n", "\n"))
    return _LOG_COMMAND.sub(r"\\x23", shown)


def escape(character: str) -> str:
    r"""One character as Python would write it: `\x1b`, `\u202e`, `\U000e0041`."""
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def one_line(text: str) -> str:
    r"""`visible` text on a single line: line feeds and tabs are written out too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def all_visible(value: Shape) -> Shape:
    """A copy of a record (or any part of it) in which every string, keys included, is `visible`."""
    return _walk(value)  # type: ignore[return-value]  # the walk keeps the shape, which no annotation can say


def _walk(value: object) -> object:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(key): _walk(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item) for item in value]
    return value
