"""What this machine lets one process have: as many open files as it allows at all."""

from __future__ import annotations

from typing import Final

SPARE: Final = 64
"""Files that are open for other reasons: pipes, the event loop, libraries."""


def raised_file_limit() -> int | None:
    """Raise the soft limit of open files to the hard one; how many that is, None where there is no limit."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (ValueError, OSError):
            pass  # macOS allows less than its hard limit says: the soft one stays
    return None if soft == resource.RLIM_INFINITY else soft
