"""Plain texts and numbers that keep to the limits of a schema: such as people would write, and another each time."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mock_alohub.specification.webhook import Schema

LONGEST_TEXT: Final = 10_000
_BEGINNING: Final = re.compile(r"\^([A-Za-z0-9_:/-]+)(?![*+?{])")
_WORDS: Final = (
    "USD", "US", "en-US", "1.50", "2026-01-15", "2026-01-15T09:30:00Z", "+12025550123", "a1b2-c3d4", "#a1b2c3",
    "https://example.com/1", "someone@example.com", "09:30", "1.0.0", "A1", "a.b", "/1",
)  # fmt: skip
_LETTERS: Final = ("1", "a", "A")
_LONGEST_TRIED: Final = 65

_FORMATS: Final[Mapping[str, Callable[[int], str]]] = {
    "date-time": lambda number: f"2026-01-{number % 28 + 1:02}T09:30:00Z",
    "date": lambda number: f"2026-01-{number % 28 + 1:02}",
    "time": lambda number: f"09:{number % 60:02}:00Z",
    "duration": lambda number: f"PT{number + 1}M",
    "uuid": lambda number: str(uuid.UUID(int=number + 1, version=4)),
    "email": lambda number: f"someone{number + 1}@example.com",
    "hostname": lambda number: f"host{number + 1}.example.com",
    "ipv4": lambda number: f"192.0.2.{number % 250 + 1}",
    "ipv6": lambda number: f"2001:db8::{number % 250 + 1:x}",
    "uri": lambda number: f"https://example.com/{number + 1}",
    "url": lambda number: f"https://example.com/{number + 1}",
    "uri-reference": lambda number: f"/{number + 1}",
    "uri-template": lambda number: f"https://example.com/{number + 1}{{/name}}",
    "byte": lambda number: "dGV4dA==",
}


def texts(schema: Schema, number: int) -> Iterator[str]:
    """Texts with that number: one of the schema's length and format, and, where a pattern is wanted, many to try."""
    least, most = schema.get("minLength", 0), schema.get("maxLength", LONGEST_TEXT)
    if least > LONGEST_TEXT:
        return
    form = _FORMATS.get(str(schema.get("format")))
    made = form(number) if form else f"text {number + 1}"
    # The end is what tells one from another.
    yield made[max(0, len(made) - most) :].rjust(least, "a")
    if "pattern" not in schema:
        return
    begin = _BEGINNING.match(str(schema["pattern"]))
    prefix = begin[1] if begin else ""
    yield from _WORDS
    for length in range(_LONGEST_TRIED):
        yield from (prefix + letter * length for letter in _LETTERS)


def number(schema: Schema, which: int) -> int | float:
    """The number of that place between the limits, a whole one where there is one."""
    low, above = schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf)
    high, below = schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf)
    step = schema.get("multipleOf", 1)
    least, most = max(low, above), min(high, below)
    begin = math.ceil(max(least, min(1, most)) / step) if math.isfinite(least) or most >= 1 else math.floor(most / step)
    for tried in (begin + which, begin, begin + 1, begin - 1):
        if low <= tried * step <= high and above < tried * step < below:
            return tried * step  # type: ignore[no-any-return]  # numbers of a schema that was read as JSON
    return (least + most) / 2 if math.isfinite(least + most) else 0
