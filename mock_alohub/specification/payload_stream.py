"""Payloads read from a stream, one after another: JSON lines, a JSON array, or pretty-printed JSON documents.

The form is told from the content. JSON lines are read a line at a time, whatever the size of the file; only an array or
a document over several lines is held in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final, NamedTuple

import orjson

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_BLANK: Final = b" \t\r\n"
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_SHOWN: Final = 24


class Read(NamedTuple):
    """One payload, or why there is none: `line` counts from 1, `error` is empty where `payload` could be read.

    `note` says what was tolerated on the way.
    """

    line: int
    payload: Any
    error: str = ""
    note: str = ""


def read(stream: Iterable[bytes]) -> Iterator[Read]:
    """Every payload of `stream`, an iterable of lines such as a file opened in binary mode. Blank lines are skipped."""
    lines = _filled(stream)
    first = next(lines, None)
    if first is None:
        return
    number, line = first
    note = ""
    if line.startswith(BYTE_ORDER_MARK):
        line = line[len(BYTE_ORDER_MARK) :]
        note = "the file begins with a byte order mark, which JSON forbids; it was skipped"
    second = next(lines, None)
    rest = chain([(number, line)], [second] if second else [], lines)
    for place, one in enumerate(_documents(rest) if _spreads(line, second) else _lines(rest)):
        yield one._replace(note=note) if note and place == 0 else one


def parsed(body: bytes, line: int = 1) -> Read:
    """The payload in `body`, or in words where and why it is not JSON. Columns count characters, offsets bytes."""
    try:
        return Read(line, orjson.loads(body))
    except orjson.JSONDecodeError as error:
        return Read(line, None, _why(body, error))


def _filled(stream: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(stream, 1) if line.strip(_BLANK))


def _spreads(first: bytes, second: tuple[int, bytes] | None) -> bool:
    """Whether the values spread over several lines: an array, or an object whose next line does not begin another."""
    start = first.lstrip(_BLANK)
    if start.startswith(b"["):
        return True
    if not start.startswith(b"{") or second is None or second[1].lstrip(_BLANK).startswith(b"{"):
        return False
    return bool(parsed(first).error)


def _lines(lines: Iterable[tuple[int, bytes]]) -> Iterator[Read]:
    loads = orjson.loads
    for number, line in lines:
        try:
            yield Read(number, loads(line))
        except orjson.JSONDecodeError as error:
            yield Read(number, None, _why(line, error))


def _documents(lines: Iterable[tuple[int, bytes]]) -> Iterator[Read]:
    """The values of JSON documents that follow each other; an array counts as its elements."""
    numbers, texts = zip(*lines, strict=True)
    body = b"".join(texts)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        yield Read(numbers[body.count(b"\n", 0, error.start)], None, _not_unicode(body, error))
        return
    places = _Places(text, numbers)
    try:
        for start, end in _spans(text):
            yield parsed(text[start:end].encode(), places.line(start))
    except JSONDecodeError as error:
        yield Read(places.line(error.pos), None, f"not JSON: column {error.colno}: {error.msg}{_near(text, error.pos)}")
    except RecursionError:
        yield Read(numbers[0], None, "not JSON: the nesting is too deep")


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each value begins and ends. What is inside one is left to the parser that also reads lines.

    Raises `json.JSONDecodeError` where no value can begin or end, and `RecursionError`.
    """
    scan = JSONDecoder().raw_decode
    at = _past_blank(text, 0)
    while at < len(text):
        if text[at] != "[":
            _, end = scan(text, at)
            yield at, end
        else:
            at = _past_blank(text, at + 1)
            while text[at : at + 1] != "]":
                _, end = scan(text, at)
                yield at, end
                at = _past_blank(text, end)
                if text[at : at + 1] == ",":
                    at = _past_blank(text, at + 1)
                    if text[at : at + 1] == "]":
                        raise JSONDecodeError("trailing comma is not allowed", text, at)
                elif text[at : at + 1] != "]":
                    raise JSONDecodeError("`,` or `]` is wanted after an element of the array", text, at)
            end = at + 1
        at = _past_blank(text, end)


class _Places:
    """Line numbers of places in a text, asked for in rising order."""

    def __init__(self, text: str, numbers: Sequence[int]) -> None:
        self._text, self._numbers = text, numbers
        self._breaks = self._counted = 0

    def line(self, at: int) -> int:
        self._breaks += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._numbers[min(self._breaks, len(self._numbers) - 1)]


def _past_blank(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _why(body: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError as wrong:
        return _not_unicode(body, wrong)
    if not text.strip():
        return "not JSON: it is empty"
    place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno} of it, column {error.colno}"
    return f"not JSON: {place}: {error.msg}{_near(text, error.pos)}"


def _not_unicode(body: bytes, error: UnicodeDecodeError) -> str:
    start = body.rfind(b"\n", 0, error.start) + 1
    return f"not UTF-8: byte 0x{body[error.start]:02x} at offset {error.start - start} of the line ({error.reason})"


def _near(text: str, at: int) -> str:
    found = text[at : at + _SHOWN].partition("\n")[0].rstrip()
    return f", at {found!r}" if found else ""
