"""Names of what there are lists of, for whoever shows the names alone.

A list imports all its members, which takes a while; a page of help need not wait for that. Each list is made of the
names here, so there is no second one to keep in step.
"""

from __future__ import annotations

from typing import Final

RULE_FAMILIES: Final = ("ack", "deadline", "auth", "idempotency", "order", "compat", "robust", "http")
"""The families of rules in the order in which they are shown; each is a module of `rules/`."""

REPORT_FORMATS: Final = ("terminal", "json", "junit", "html", "markdown", "github")
"""The formats of reports, the same of a check and of a load run; each is a module of `reports/` and `load/reports/`."""
