"""The report formats of a check, and how one is asked for: `html=report.html`."""

from __future__ import annotations

from typing import Final

from mock_alohub.report import Format, Record
from mock_alohub.reports import github, html, json, junit, markdown, terminal
from mock_alohub.reports.file import STDOUT, write
from mock_alohub.reports.request import named, parse_request, parse_requests

__all__ = ["FORMATS", "STDOUT", "named", "parse_request", "parse_requests", "write"]

FORMATS: Final[tuple[Format[Record], ...]] = (
    terminal.FORMAT,
    json.FORMAT,
    junit.FORMAT,
    html.FORMAT,
    markdown.FORMAT,
    github.FORMAT,
)
"""Every format there is. The command line's choices and the documentation's table are read from here."""
