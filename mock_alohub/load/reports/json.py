"""The record itself, as JSON: indented, its keys in the order of the published interface."""

from __future__ import annotations

from mock_alohub.load.record import LoadRecord
from mock_alohub.reports.json import text_of
from mock_alohub.reports.record import Format


def render(record: LoadRecord) -> str:
    """`record` as text that `read_load_record` reads back, equal."""
    return text_of(record, LoadRecord)


FORMAT = Format("json", ".json", "the record itself: for programs, and to render the other formats later", render)
