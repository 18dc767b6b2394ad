"""The golden reports: `python -m tests.reports.golden` writes them anew; review the difference before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mock_alohub.reports import FORMATS
from mock_alohub.reports.record import Format, Record
from tests.reports.records import RECORDS

LONG = ("html", "json")
FOLDER = Path(__file__).parents[1] / "golden" / "report"


def cases() -> Iterator[tuple[str, Format[Record], Path]]:
    """A record, a format, and the file that holds what this record looks like in it."""
    for name in RECORDS:
        for one in FORMATS:
            # The long formats say the same of every record: two of each are enough to read.
            if one.name not in LONG or name in ("fail", "hostile"):
                yield name, one, FOLDER / name / f"{one.name}{one.suffix}"


if __name__ == "__main__":
    for name, one, path in cases():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.render(RECORDS[name]()).encode())
