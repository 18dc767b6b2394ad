"""Where the project lives. What an installed package cannot show is pointed to by its whole address."""

from __future__ import annotations

from typing import Final

HOME: Final = "https://github.com/mock-alohub/mock-alohub"
"""The address of `[project.urls]` in `pyproject.toml`."""
ISSUES: Final = f"{HOME}/issues"


def document_url(path: str) -> str:
    """The address of a file of the repository, such as `docs/scenarios.md`."""
    return f"{HOME}/blob/HEAD/{path}"
