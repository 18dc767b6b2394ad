"""The files a specification consists of, and what its references stand for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from mock_alohub.errors import BadSpecification

Json = Any

_ANNOTATIONS: Final = frozenset({"title", "description", "examples", "default", "$comment"})


def inlined(node: Json, source: Path, files: dict[Path, Json], above: tuple[str, ...] = ()) -> Json:
    """`node` of the file `source` with every reference replaced by what it refers to."""
    if isinstance(node, list):
        return [inlined(one, source, files, above) for one in node]
    if not isinstance(node, dict):
        return node
    rest = {key: inlined(value, source, files, above) for key, value in node.items() if key not in {"$ref", "$defs"}}
    if "$ref" not in node:
        return rest
    reference = node["$ref"]
    file, _, pointer = reference.partition("#")
    target_file = source.parent / file if file else source
    mark = f"{target_file}#{pointer}"
    if mark in above:
        raise BadSpecification(f"{source}: `{reference}` refers to itself")
    target = inlined(_pointed(document_at(target_file, files), pointer, mark), target_file, files, (*above, mark))
    if rest.keys() & target.keys() - _ANNOTATIONS:
        return {"allOf": [target, rest]}
    return {**target, **rest}


def document_at(path: Path, files: dict[Path, Json]) -> Json:
    """The YAML or JSON document at `path`, read once and kept in `files`. Raises `BadSpecification`."""
    if path not in files:
        try:
            body = path.read_bytes()
        except OSError as error:
            raise BadSpecification(f"cannot read {path}: {error.strerror}") from None
        files[path] = _json(body, path) if path.suffix == ".json" else _yaml(body, path)
    return files[path]


def _json(body: bytes, path: Path) -> Json:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadSpecification(f"cannot read {path}: {' '.join(str(error).split())}") from None


def _yaml(body: bytes, path: Path) -> Json:
    import yaml  # here, for a command that reads no specification need not wait for it

    # Safe loaders both; the one in C is ten times as fast and not everywhere.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(body, Loader=loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise BadSpecification(f"cannot read {path}: {' '.join(str(error).split())}") from None


def _pointed(document: Json, pointer: str, mark: str) -> Json:
    found = document
    for word in _words(pointer):
        if not isinstance(found, dict) or word not in found:
            raise BadSpecification(f"there is no {mark}")
        found = found[word]
    return found


def _words(pointer: str) -> Iterator[str]:
    return (word.replace("~1", "/").replace("~0", "~") for word in pointer.split("/")[1:])
