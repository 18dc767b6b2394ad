"""The report formats of a check, and how one is asked for: `html=report.html`."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from mock_alohub.names import REPORT_FORMATS
from mock_alohub.reports.file import STDOUT, write
from mock_alohub.reports.record import Format, Record
from mock_alohub.reports.request import named, parse_request, parse_requests

__all__ = ["FORMATS", "STDOUT", "named", "parse_request", "parse_requests", "write"]

FORMATS: Final[tuple[Format[Record], ...]] = tuple(
    import_module(f"{__name__}.{name}").FORMAT for name in REPORT_FORMATS
)
"""Every format there is. The command line's choices and the documentation's table are read from here."""
