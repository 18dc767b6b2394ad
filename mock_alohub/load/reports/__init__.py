"""The report formats of a load run. How they are asked for and written is that of a check's: `mock_alohub.reports`."""

from __future__ import annotations

from typing import Final

from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports import github, html, json, junit, markdown, terminal
from mock_alohub.report import Format

FORMATS: Final[tuple[Format[LoadRecord], ...]] = (
    terminal.FORMAT,
    json.FORMAT,
    junit.FORMAT,
    html.FORMAT,
    markdown.FORMAT,
    github.FORMAT,
)
"""Every format there is, under the names that the formats of a check have."""
