from __future__ import annotations

from tests.newest.wheel import BARE, required

METADATA = """\
Metadata-Version: 2.4
Name: toy
Version: 1
Requires-Dist: Click>=8
Requires-Dist: pywin32; sys_platform == 'nowhere'
Provides-Extra: all
Requires-Dist: PyTest_XDist; extra == 'all'
Requires-Dist: uvicorn>=0.34; extra == 'all'
Provides-Extra: server
Requires-Dist: uvicorn>=0.34; extra == 'server'

A description. Requires-Dist: nothing
"""


def test_extras_and_what_they_add_are_read_from_the_metadata() -> None:
    assert required(METADATA) == {
        BARE: {"click"},
        "all": {"pytest-xdist", "uvicorn"},
        "server": {"uvicorn"},
    }
