"""The report formats of a load run. How they are asked for and written is that of a check's: `mock_alohub.reports`."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from mock_alohub.load.record import LoadRecord
from mock_alohub.names import REPORT_FORMATS
from mock_alohub.reports.record import Format

FORMATS: Final[tuple[Format[LoadRecord], ...]] = tuple(
    import_module(f"{__name__}.{name}").FORMAT for name in REPORT_FORMATS
)
"""Every format there is, under the names that the formats of a check have."""
