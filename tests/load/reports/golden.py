"""The golden reports of load runs: `python -m tests.load.reports.golden` writes them anew; review the difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports import FORMATS
from mock_alohub.reports.record import Format
from tests.load.records import RECORDS

LONG = ("html", "json")
FOLDER = Path(__file__).parents[2] / "golden" / "load"


def cases() -> Iterator[tuple[str, Format[LoadRecord], Path]]:
    """A record, a format, and the file that holds what this record looks like in it."""
    for name in RECORDS:
        for one in FORMATS:
            # The long formats say the same of every record: two of each are enough to read.
            if one.name not in LONG or name in ("pass", "hostile"):
                yield name, one, FOLDER / name / f"{one.name}{one.suffix}"


if __name__ == "__main__":
    for name, one, path in cases():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.render(RECORDS[name]()).encode())
