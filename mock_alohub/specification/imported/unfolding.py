"""What the references of a foreign document stand for. Nothing is fetched, and nothing grows beyond its size.

A schema comes out standing alone. What a reference points at is made once and shared; a schema that contains itself
keeps those references alone that lead back into it, as `#/$defs/…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from mock_alohub.errors import BadSpecification
from mock_alohub.specification.imported.reading import DEEPEST, read

Json = Any

LARGEST_SCHEMA: Final = 100_000
"""Parts of a schema with every reference put in its place."""
_MOST_FILES: Final = 200
_LONGEST_CHAIN: Final = 20

_ANNOTATIONS: Final = frozenset({"title", "description", "examples", "example", "default", "deprecated", "$comment"})
_BY_NAME: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LITERAL: Final = frozenset({"example", "examples", "default", "const", "enum", "required", "type"})
_DROPPED: Final = frozenset(
    {"$ref", "$dynamicRef", "$defs", "definitions", "$schema", "$id", "$anchor", "$dynamicAnchor", "$vocabulary",
     "discriminator", "xml", "externalDocs"}
)  # fmt: skip
_INSIDE: Final = frozenset(
    {"properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "items", "prefixItems",
     "contains", "unevaluatedItems"}
)  # fmt: skip
"""Keywords that speak of what lies inside a value: only behind one of these may a schema come back to itself."""


class Unfolding:
    """The references of one document and of the files beside it that it names."""

    def __init__(self, root: Path, document: Json) -> None:
        self._folder = root.resolve().parent
        self._files: dict[Path, Json] = {root.resolve(): document}
        self._made: dict[str, Json] = {}
        self._defs: dict[str, Json] = {}
        self._names: dict[str, str] = {}

    def resolved(self, node: Json, file: Path) -> tuple[Json, Path]:
        """What `node` of `file` is, references followed, and the file that stands in. Raises `BadSpecification`."""
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node, file
            rest = {name: value for name, value in node.items() if name != "$ref"}
            mark, node, file = self._target(node["$ref"], file)
            node = {**node, **rest} if isinstance(node, dict) and rest else node
        raise BadSpecification(f"`{_shown(mark)}` refers to itself, or through too many others")

    def schema(self, node: Json, file: Path) -> dict[str, Json]:
        """The schema `node` of `file`, standing alone. Raises `BadSpecification`."""
        made = self._schema(node, file, (), 0, 0)
        own = _needed(made, self._defs)
        whole = {**made, "$defs": own} if own else made
        if size(whole, {}) > LARGEST_SCHEMA:
            raise BadSpecification(f"its schema has more than {LARGEST_SCHEMA:,} parts once references are followed")
        return whole

    def _schema(
        self, node: Json, file: Path, above: tuple[tuple[str, int], ...], inside: int, depth: int
    ) -> dict[str, Json]:
        """`above` are the references that led here, each with how deep it stood; `inside` is how deep it is now."""
        if isinstance(node, bool):
            return {} if node else {"not": {}}
        if not isinstance(node, dict):
            raise BadSpecification(f"a schema is a {type(node).__name__}, wanted an object")
        if depth > DEEPEST:
            raise BadSpecification(f"its schemas refer to each other more than {DEEPEST} levels deep")
        rest = {
            name: self._keyword(name, value, file, above, inside, depth)
            for name, value in node.items()
            if name not in _DROPPED
        }
        reference = node.get("$ref", node.get("$dynamicRef"))
        if reference is None:
            return rest
        if not isinstance(reference, str):
            raise BadSpecification(f"`$ref` is a {type(reference).__name__}, wanted a text")
        target = self._referred(reference, file, above, inside, depth)
        if rest.keys() & target.keys() - _ANNOTATIONS:
            return {"allOf": [target, rest]}
        return {**target, **rest}

    def _keyword(
        self, name: str, value: Json, file: Path, above: tuple[tuple[str, int], ...], inside: int, depth: int
    ) -> Json:
        if name in _LITERAL or name.startswith("x-"):
            return value
        inside += name in _INSIDE
        if name in _BY_NAME and isinstance(value, dict):
            return {key: self._schema(one, file, above, inside, depth + 1) for key, one in value.items()}
        if isinstance(value, dict):
            return self._schema(value, file, above, inside, depth + 1)
        if isinstance(value, list) and all(isinstance(one, dict | bool) for one in value):
            return [self._schema(one, file, above, inside, depth + 1) for one in value]
        return value

    def _referred(
        self, reference: str, file: Path, above: tuple[tuple[str, int], ...], inside: int, depth: int
    ) -> dict[str, Json]:
        mark, target, target_file = self._target(reference, file)
        for other, level in above:
            if other != mark:
                continue
            if level == inside:
                raise BadSpecification(f"the schema `{_shown(mark)}` is nothing but itself")
            return {"$ref": f"#/$defs/{self._name(mark)}"}
        if mark not in self._made:
            made = self._schema(target, target_file, (*above, (mark, inside)), inside, depth + 1)
            self._made[mark] = made
            if mark in self._names:
                self._defs[self._names[mark]] = made
        return self._made[mark]  # type: ignore[no-any-return]  # only schemas are put there

    def _name(self, mark: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9_]+", "-", mark.rpartition("/")[2])[:40]
        return self._names.setdefault(mark, f"{plain}-{len(self._names)}")

    def _target(self, reference: str, file: Path) -> tuple[str, Json, Path]:
        """The mark, the node and the file that `reference` in `file` names. Raises `BadSpecification`."""
        name, _, pointer = reference.partition("#")
        if "://" in name or name.startswith("//") or re.match(r"(?i)[a-z][a-z0-9+.-]*:", name):
            raise BadSpecification(
                f"it refers to `{_shown(reference)}`, which is not fetched",
                hint="put the document's parts into one file first, e.g. with `npx @redocly/cli bundle`",
            )
        where = self._opened(name, file) if name else file
        pointer = unquote(pointer)
        if pointer and not pointer.startswith("/"):
            raise BadSpecification(
                f"it refers to `{_shown(reference)}`; anchors are not followed, only paths such as #/…"
            )
        found = self._files[where.resolve()]
        for word in pointer.split("/")[1:]:
            found = _step(found, word.replace("~1", "/").replace("~0", "~"), reference)
        return f"{where.name}#{pointer}" if where.resolve() in self._files else reference, found, where

    def _opened(self, name: str, file: Path) -> Path:
        path = (file.resolve().parent / unquote(name)).resolve()
        if not path.is_relative_to(self._folder):
            raise BadSpecification(f"it refers to `{_shown(name)}`, which lies outside the document's folder")
        if path not in self._files:
            if len(self._files) >= _MOST_FILES:
                raise BadSpecification(f"it refers to more than {_MOST_FILES} files")
            self._files[path] = read(path)
        return path


def _step(node: Json, word: str, reference: str) -> Json:
    if isinstance(node, dict) and word in node:
        return node[word]
    if isinstance(node, list) and word.isdecimal() and len(word) < 7 and int(word) < len(node):
        return node[int(word)]
    raise BadSpecification(f"it refers to `{_shown(reference)}`, and there is no such place")


def _needed(schema: Json, defs: dict[str, Json]) -> dict[str, Json]:
    """Those of `defs` that `schema` refers to, directly or through others."""
    found: dict[str, Json] = {}
    open_, seen = [schema], set[int]()
    while open_:
        for name in _references(open_.pop(), seen):
            if name not in found:
                found[name] = defs[name]
                open_.append(defs[name])
    return found


def _references(node: Json, seen: set[int]) -> Iterator[str]:
    if not isinstance(node, dict | list) or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"].startswith("#/$defs/"):
        yield node["$ref"].removeprefix("#/$defs/")
    for one in node.values() if isinstance(node, dict) else node:
        yield from _references(one, seen)


def size(node: Json, known: dict[int, int]) -> int:
    """Parts of `node` were it written out; what is shared counts each time, and is looked at once."""
    if not isinstance(node, dict | list):
        return 1
    if id(node) not in known:
        known[id(node)] = 1 + sum(size(one, known) for one in (node.values() if isinstance(node, dict) else node))
    return known[id(node)]


def _shown(reference: str) -> str:
    text = reference if len(reference) <= 100 else f"{reference[:97]}…"
    return text if text.isprintable() else ascii(text)[1:-1]
