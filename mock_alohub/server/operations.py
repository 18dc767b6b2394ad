"""The operations of `openapi.yaml`, and whether a request is as its operation wants it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from mock_alohub.server.problem import Flaw
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Json, Schema

if TYPE_CHECKING:
    import jsonschema_rs

METHODS: Final = ("get", "head", "post", "put", "patch", "delete")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_WORDS: Final = {"true": True, "false": False}
_KINDS: Final = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "an array",
    "object": "an object",
}
_LONG: Final = 60
_REMEMBERED_BYTES: Final = 200
"""Whoever polls asks the same again and again; a query that is longer is read anew each time."""


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter in the path or the query, `repeated` where it may be given several times."""

    name: str
    place: str
    required: bool
    repeated: bool
    kind: str
    shape: Shape


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation: a method on a path.

    `guarded`: it takes the server's token where there is one. `checked`: its requests are checked before its handler
    sees them; an operation of the provider's own API answers in the provider's way and checks for itself
    (`x-checked-by: handler`). `body` is the shape of its JSON body, None where there is none.
    """

    id: str
    method: str
    path: str
    guarded: bool
    checked: bool
    parameters: tuple[Parameter, ...]
    body: Shape | None
    body_required: bool

    def flaws_of_parameters(self, in_path: Mapping[str, str], query: bytes) -> tuple[dict[str, Any], list[Flaw]]:
        """The parameters as the operation wants them, and what is wrong with them."""
        if in_path or len(query) > _REMEMBERED_BYTES:
            return self.read_anew(in_path, query)
        values, flaws = _remembered(self, query)
        return dict(values), list(flaws)

    def read_anew(self, in_path: Mapping[str, str], query: bytes) -> tuple[dict[str, Any], list[Flaw]]:
        """The same, whether it was asked before or not."""
        values: dict[str, Any] = {}
        given = _grouped(query) if query else {}
        known = [one.name for one in self.parameters if one.place == "query"]
        flaws = [_unknown("query", name, known) for name in given if name not in known]
        for one in self.parameters:
            texts = [in_path[one.name]] if one.place == "path" else given.get(one.name)
            if texts is None:
                if one.required:
                    flaws.append(Flaw("query", f"/{one.name}", f"the parameter `{one.name}` is missing"))
                continue
            if len(texts) > 1 and not one.repeated:
                flaws.append(Flaw("query", f"/{one.name}", f"`{one.name}` is given {len(texts)} times, wanted once"))
                continue
            value: Any = [_read(text, one.kind) for text in texts] if one.repeated else _read(texts[0], one.kind)
            if one.shape.accepts(value):
                values[one.name] = value
            else:
                flaws.extend(one.shape.flaws(value, one.place, one.name))
        return values, flaws


class Shape:
    """What a value has to be: a JSON Schema of the document, compiled when it is first needed."""

    def __init__(self, schema: Schema, document: Mapping[str, Json]) -> None:
        self._schema = schema
        self._document = document
        self._judge: jsonschema_rs.Validator | None = None

    def accepts(self, value: Json) -> bool:
        """Whether `value` is so."""
        return (self._judge or self._compiled()).is_valid(value)

    def flaws(self, value: Json, place: str, name: str = "") -> list[Flaw]:
        """What is wrong with `value`, which stands in `place`; `name` is the parameter it is the value of."""
        found: dict[tuple[str, str], Flaw] = {}
        for error in (self._judge or self._compiled()).iter_errors(value):
            for flaw in _flaws_of(error, place, f"/{name}" if name else "", self._at(error.schema_path[:-1])):
                found.setdefault((flaw.pointer, flaw.detail), flaw)
        return list(found.values())

    def settled(self, value: Json) -> Json:
        """`value`, which is accepted, with whole numbers as such: JSON Schema takes 3.0 for one, Python does not."""
        return _settled(value, self._schema, self._document)

    def _compiled(self) -> jsonschema_rs.Validator:
        import jsonschema_rs  # here, for it takes 30 ms that the start need not wait for

        # References of the document lead to its components, so they come along.
        whole = {**self._schema, "components": {"schemas": self._document["components"].get("schemas", {})}}
        self._judge = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return self._judge

    def _at(self, path: Sequence[str | int]) -> Any:
        node: Any = {**self._schema, "components": self._document["components"]}
        for word in path:
            node = node[word]
        return node


@cache
def operations(specification: Specification) -> tuple[Operation, ...]:
    """Every operation under `paths`, in the order of the document."""
    document = specification.document
    return tuple(
        _operation(path, method, item, document)
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if method in item
    )


def _operation(path: str, method: str, item: Mapping[str, Json], document: Mapping[str, Json]) -> Operation:
    described = item[method]
    parameters = [_resolved(one, document) for one in (*item.get("parameters", ()), *described.get("parameters", ()))]
    body = _resolved(described.get("requestBody", {}), document)
    media = body.get("content", {}).get("application/json")
    security = described.get("security", document.get("security", []))
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        guarded=any("serverToken" in one for one in security),
        checked=described.get("x-checked-by") != "handler",
        parameters=tuple(_parameter(one, document) for one in parameters if one["in"] in {"path", "query"}),
        body=Shape(media["schema"], document) if media else None,
        body_required=bool(body.get("required")),
    )


def _parameter(described: Mapping[str, Json], document: Mapping[str, Json]) -> Parameter:
    schema = _resolved(described["schema"], document)
    repeated = schema.get("type") == "array"
    inner = _resolved(schema["items"], document) if repeated else schema
    return Parameter(
        name=described["name"],
        place=described["in"],
        required=bool(described.get("required")),
        repeated=repeated,
        kind=inner.get("type", "string"),
        shape=Shape(described["schema"], document),
    )


def _resolved(node: Mapping[str, Json], document: Mapping[str, Json]) -> Mapping[str, Json]:
    found: Any = node
    while "$ref" in found:
        reference = found["$ref"]
        found = document
        for word in reference.removeprefix("#/").split("/"):
            found = found[word]
    return found  # type: ignore[no-any-return]  # a document of JSON has no better type


def _settled(value: Json, schema: Schema, document: Mapping[str, Json]) -> Json:
    schema = _resolved(schema, document)
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {name: _settled(one, inner[name], document) if name in inner else one for name, one in value.items()}
    if isinstance(value, list):
        return [_settled(one, schema.get("items", {}), document) for one in value]
    return int(value) if isinstance(value, float) and schema.get("type") == "integer" else value


@lru_cache(maxsize=256)
def _remembered(operation: Operation, query: bytes) -> tuple[Mapping[str, Any], Sequence[Flaw]]:
    return operation.read_anew({}, query)


def _grouped(query: bytes) -> Mapping[str, Sequence[str]]:
    given: dict[str, list[str]] = {}
    for name, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        given.setdefault(name, []).append(text)
    return given


def _read(text: str, kind: str) -> Any:
    """The value that `text` spells; what spells none stays text, which the schema then refuses."""
    if kind == "integer":
        return int(text) if _INTEGER.fullmatch(text) else text
    if kind == "boolean":
        return _WORDS.get(text, text)
    return text


def _flaws_of(error: jsonschema_rs.ValidationError, place: str, prefix: str, node: Any) -> Iterator[Flaw]:
    pointer = prefix + "".join(f"/{_escaped(word)}" for word in error.instance_path)
    subject = f"`{pointer[1:].replace('/', '.')}`" if pointer else f"the {place}"
    kind, facts = error.kind.name, error.kind.as_dict()
    if kind == "additionalProperties":
        known, absent = list(node.get("properties", {})), node.get("x-absent", {})
        for name in facts["unexpected"]:
            if name in absent:
                yield Flaw(place, f"{pointer}/{name}", f"`{name}` cannot be wished for: {absent[name]}", tuple(known))
            else:
                yield _unknown(place, name, known, pointer)
    elif kind == "required":
        yield Flaw(place, f"{pointer}/{_escaped(facts['property'])}", f"{subject} lacks `{facts['property']}`")
    elif kind in {"enum", "const"}:
        yield _unlisted(place, pointer, subject, error.instance, node.get("enum") or [node.get("const")])
    elif kind == "type":
        types = node.get("type")
        wanted = " or ".join(_KINDS[one] for one in ([types] if isinstance(types, str) else types or ()))
        yield Flaw(place, pointer, f"{subject} is {_said(error.instance)}, wanted {wanted}")
    else:
        form = node.get("x-wanted") if isinstance(node, Mapping) else None
        rest = f"{subject} is {_said(error.instance)}, wanted {form}" if form else f"{subject}: {error.message}"
        yield Flaw(place, pointer, rest)


def _unknown(place: str, name: str, known: list[str], above: str = "") -> Flaw:
    near = difflib.get_close_matches(name, known, n=1)
    rest = f"; did you mean `{near[0]}`?" if near else ""
    what = "parameter" if place == "query" else "member"
    shown = name if len(name) <= _LONG else f"{name[:_LONG]}…"
    pointer = f"{above}/{_escaped(name)}"
    return Flaw(place, pointer, f"unknown {what} `{shown}`{rest}", tuple(known), near[0] if near else None)


def _unlisted(place: str, pointer: str, subject: str, value: Json, allowed: Sequence[Json]) -> Flaw:
    words = [one for one in allowed if isinstance(one, str)]
    near = difflib.get_close_matches(value, words, n=1) if isinstance(value, str) else []
    if near:
        rest = f"did you mean `{near[0]}`?"
    else:
        rest = "allowed: " + ", ".join(f"`{one}`" if isinstance(one, str) else _said(one) for one in allowed)
    return Flaw(place, pointer, f"{subject} is {_said(value)}; {rest}", tuple(allowed), near[0] if near else None)


def _said(value: Json) -> str:
    match value:
        case str():
            return f"`{value if len(value) <= _LONG else value[:_LONG] + '…'}`"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value}"
        case list():
            return f"an array of {len(value)}"
        case _:
            return "an object"


def _escaped(word: str | int) -> str:
    return str(word).replace("~", "~0").replace("/", "~1")
