"""Which operation a request is for: the paths of `openapi.yaml` as a tree of their segments."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from mock_alohub.server.operations import Operation


@dataclass(slots=True)
class _Node:
    below: dict[str, _Node] = field(default_factory=dict)
    any: _Node | None = None
    operations: dict[str, tuple[Operation, tuple[str, ...]]] = field(default_factory=dict)


class Found(NamedTuple):
    """The operation of a request, None when its path has none for the method, and the texts in its path.

    `methods` are those that the path has.
    """

    operation: Operation | None
    in_path: dict[str, str]
    methods: tuple[str, ...]


class Router:
    """Finds operations by method and path. A fixed segment goes before one that is a parameter."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        self._paths: list[str] = []
        for operation in operations:
            self._add(operation)

    def find(self, method: str, path: str) -> Found | None:
        """What there is at `path` for `method`; None when there is no such path."""
        node = self._root
        texts: list[str] = []
        for segment in path[1:].split("/"):
            under = node.below.get(segment)
            if under is None and segment:
                under = node.any
                texts.append(segment)
            if under is None:
                return None
            node = under
        if not node.operations:
            return None
        found = node.operations.get(method)
        if found is None:
            return Found(None, {}, tuple(node.operations))
        return Found(found[0], dict(zip(found[1], texts, strict=True)), ())

    def nearest(self, path: str) -> str | None:
        """The described path that is most like `path`, if any is."""
        return next(iter(difflib.get_close_matches(path[:200], self._paths, n=1)), None)

    def _add(self, operation: Operation) -> None:
        node, names = self._root, []
        for segment in operation.path[1:].split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.any = node = node.any or _Node()
            else:
                node = node.below.setdefault(segment, _Node())
        node.operations[operation.method] = (operation, tuple(names))
        if operation.path not in self._paths:
            self._paths.append(operation.path)
