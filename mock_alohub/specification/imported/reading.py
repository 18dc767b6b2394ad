"""A document nobody here has written, as plain JSON values: read quickly, or refused with a reason.

YAML is read as YAML 1.2's JSON schema has it: dates stay texts, `yes` and `on` are words. Aliases are shared, never
copied, so a document that multiplies itself stays as small in memory as it is on disk.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from mock_alohub.errors import BadSpecification

Json = Any

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a document: the largest public ones have ten million."""
DEEPEST: Final = 120
_MOST_PARTS: Final = 3_000_000
_SHARED: Final = frozenset({"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"})
_BASE: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]  # which of the two it is depends on how PyYAML was built
    """The safe loader, without what YAML 1.1 reads into plain words."""

    yaml_implicit_resolvers: Final = {
        first: [(tag, form) for tag, form in resolvers if tag not in _SHARED]
        for first, resolvers in _BASE.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), list("tTfF"))


def read(path: Path) -> Json:
    """The JSON or YAML document at `path`. Raises `BadSpecification` for what is none, or is out of all proportion."""
    try:
        with path.open("rb") as stream:
            body = stream.read(LARGEST + 1)
    except OSError as error:
        raise BadSpecification(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    if len(body) > LARGEST:
        raise BadSpecification(f"{path} is larger than {LARGEST // 1024**2} MiB, which no description of webhooks is")
    return _Plain(path).value(_parsed(path, body), 0)


def _parsed(path: Path, body: bytes) -> Json:
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        try:
            return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError as error:
            if path.suffix == ".json":
                raise BadSpecification(f"cannot read {path}: {error}") from None
    try:
        _demand_proportion(path, body)
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - a safe loader, see above
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number that is none, such as 0b_
        raise BadSpecification(f"cannot read {path}: {' '.join(str(error).split())[:300]}") from None
    except RecursionError:
        raise _too_deep(path) from None


def _demand_proportion(path: Path, body: bytes) -> None:
    """Look at the nesting before anything is built of it: the builder calls itself for every level."""
    depth = 0
    for parts, event in enumerate(yaml.parse(body, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _too_deep(path)
        if parts > _MOST_PARTS:
            raise BadSpecification(f"{path} has more than {_MOST_PARTS:,} parts, which no description of webhooks has")


def _too_deep(path: Path) -> BadSpecification:
    return BadSpecification(f"{path} is nested more than {DEEPEST} levels deep")


class _Plain:
    """Values as JSON has them: names are texts, numbers are finite. What was shared stays shared."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: dict[int, Json] = {}
        self._open: set[int] = set()

    def value(self, node: Json, depth: int) -> Json:
        if isinstance(node, dict | list):
            return self._collection(node, depth)
        if isinstance(node, float) and not math.isfinite(node):
            raise BadSpecification(f"{self._path} holds {node}, which JSON has no number for")
        if node is None or isinstance(node, str | int | float):
            return node
        raise BadSpecification(f"{self._path} holds a {type(node).__name__}, which JSON does not have")

    def _collection(self, node: dict[Hashable, Json] | list[Json], depth: int) -> Json:
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open:
            raise BadSpecification(f"{self._path} contains itself, by an alias")
        if depth > DEEPEST:
            raise _too_deep(self._path)
        self._open.add(id(node))
        made = (
            {_name(name): self.value(one, depth + 1) for name, one in node.items()}
            if isinstance(node, dict)
            else [self.value(one, depth + 1) for one in node]
        )
        self._open.discard(id(node))
        self._done[id(node)] = made
        return made


def _name(name: Hashable) -> str:
    return str(name).lower() if isinstance(name, bool) else str(name)
