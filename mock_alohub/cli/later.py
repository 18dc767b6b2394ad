"""Functions that are imported when they are called.

A verb declares its options and its help, which must be shown at once; what reads the values and what does the work
lies in other modules, which import much more. A declaration names such a function by its place.
`tests/cli/test_later.py` looks up every place that is named.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import wraps
from typing import Any


class Later:
    """The function at `place`, which is `module:name`; its module is imported when it is called first."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it."""
        return self.found()(*arguments, **named)

    def found(self) -> Callable[..., Any]:
        """The function itself."""
        module, _, name = self.place.partition(":")
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return function


def done_by(place: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """A decorator of a verb's declaration: the work is done by the function at `place`, which gets all the values.

    The function that is decorated has a name and a docstring, and is never called.
    """

    def decorate(declared: Callable[..., None]) -> Callable[..., Any]:
        work = Later(place)

        @wraps(declared)
        def run(*arguments: Any, **named: Any) -> Any:
            return work(*arguments, **named)

        return run

    return decorate
