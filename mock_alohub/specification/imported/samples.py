"""Values made of a schema alone: what its author shows where he shows something, and plain values elsewhere.

They are not left to a generator: a large schema is a matter of milliseconds here and of seconds there, and people read
them. What is not looked at here (conditions, for example) holds for some of them by chance, or the document has to show
an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, Final

from mock_alohub.specification.imported import plain_values
from mock_alohub.specification.imported.merging import both
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Schema

Json = Any

SAMPLES: Final = 8
"""So many messages are made of a schema."""
_MOST_PARTS: Final = 20_000
_DEEPEST: Final = 40
_OPTIONAL_UNTIL: Final = 4
"""Levels down to which fields are there that need not be."""
_PARTS: Final = frozenset({"$ref", "allOf", "oneOf", "anyOf", "$defs"})
_ARRAY: Final = frozenset({"items", "prefixItems", "minItems", "contains"})
_OBJECT: Final = frozenset({"properties", "required", "additionalProperties", "patternProperties", "minProperties"})
_NUMBER: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})


class _TooMuch(Exception):
    """The value would be too large, or never end."""


def samples(schema: Schema, count: int) -> Iterator[Json]:
    """At most `count` values, always the same: one with all it can have, one with as little as can be, others between.

    Whether one is valid is for a validator to say.
    """
    return (value for _, value in _made(schema, count))


def first_valid(schema: Schema, validator: Validator) -> tuple[Sample, Json] | None:
    """The first of `samples` that `validator` accepts, and how it was made; None where it accepts none."""
    return next((made for made in _made(schema, SAMPLES) if validator.is_valid(made[1])), None)


def _made(schema: Schema, count: int) -> Iterator[tuple[Sample, Json]]:
    shown: dict[int, list[Json]] = {}
    for sample in (Sample(schema, number, shown) for number in range(count)):
        try:
            yield sample, sample.value(schema, 0)
        except _TooMuch:
            continue


class Sample:
    """One value. `number` says which it is of several forms, words and choices of optional fields.

    `shown` is what is known of the parts of `root` from other samples: the values that each of them shows.
    """

    def __init__(self, root: Schema, number: int, shown: dict[int, list[Json]] | None = None) -> None:
        self._root, self._number = root, number
        self._known = {} if shown is None else shown
        self._left = _MOST_PARTS

    def _is_bare(self, depth: int) -> bool:
        """Whether nothing is there, so deep in the value, that need not be."""
        return self._number == 1 or depth >= _OPTIONAL_UNTIL

    def value(self, schema: Schema, depth: int, shift: int = 0) -> Json:
        """A value of `schema`, `depth` levels down; with another `shift` its texts and numbers are others."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise _TooMuch
        whole = self.whole(schema, depth)
        if "const" in whole:
            return whole["const"]
        words = whole.get("enum")
        if isinstance(words, list) and words:
            return words[(self._number + shift) % len(words)]
        shown = self._shown(whole, is_part=whole is schema) if depth and not shift else []
        return shown[0] if shown else self._of_kind(self._kind(whole, depth), whole, depth, shift)

    def whole(self, schema: Schema, depth: int = 0) -> Schema:
        """`schema` with what it refers to, all of its `allOf`, and one each of its `oneOf` and `anyOf` put into it."""
        if depth > _DEEPEST:
            raise _TooMuch
        if not _PARTS & schema.keys():
            return schema
        parts = [self._root["$defs"][schema["$ref"].removeprefix("#/$defs/")]] if "$ref" in schema else []
        parts += schema.get("allOf", ())
        parts += [self._chosen(schema[word], depth) for word in ("oneOf", "anyOf") if schema.get(word)]
        own = {name: one for name, one in schema.items() if name not in _PARTS}
        return reduce(both, (self.whole(part, depth + 1) for part in parts), own)

    def _chosen(self, branches: list[Schema], depth: int) -> Schema:
        nothing = [one for one in branches if one.get("type") == "null"]
        something = [one for one in branches if one.get("type") != "null"]
        if nothing and (self._is_bare(depth) or not something):
            return nothing[0]
        return something[self._number % len(something)]

    def _kind(self, schema: Schema, depth: int) -> str:
        given = schema.get("type", [])
        kinds = given if isinstance(given, list) else [given]
        if "null" in kinds and self._is_bare(depth):
            return "null"
        if kinds:
            return next((kind for kind in kinds if kind != "null"), "null")
        words = schema.keys()
        return "object" if words & _OBJECT else "array" if words & _ARRAY else "number" if words & _NUMBER else "string"

    def _shown(self, schema: Schema, *, is_part: bool) -> list[Json]:
        """The values that the author of `schema` shows, if they are as it wants them."""
        if is_part and id(schema) in self._known:
            return self._known[id(schema)]
        several = schema.get("examples")
        told = [schema[word] for word in ("example", "default") if schema.get(word) is not None]
        told[1:1] = several if isinstance(several, list) else []
        shown = list(filter(_accepting(schema), told[:3])) if told else []
        if is_part:  # what was put together is gone soon, and its id is another's
            self._known[id(schema)] = shown
        return shown

    def _of_kind(self, kind: str, schema: Schema, depth: int, shift: int) -> Json:
        match kind:
            case "object":
                return self._object(schema, depth, shift)
            case "array":
                return self._array(schema, depth, shift)
            case "integer" | "number":
                return plain_values.number(schema, self._number + shift)
            case "boolean":
                return (self._number + shift) % 2 == 0
            case "null":
                return None
        texts = plain_values.texts(schema, self._number + shift)
        if "pattern" in schema:
            texts = filter(_accepting(schema), texts)
        for text in texts:
            return text
        raise _TooMuch

    def _object(self, schema: Schema, depth: int, shift: int) -> dict[str, Json]:
        required = schema.get("required", ())
        properties = schema.get("properties", {})
        if self._is_bare(depth):  # where thousands of fields lead back, even to look at each takes minutes
            properties = {name: properties[name] for name in required if name in properties}
        made: dict[str, Json] = {}
        for place, (name, one) in enumerate(properties.items()):
            if name in required:
                made[name] = self.value(one, depth + 1, shift)
            elif one.get("not") != {} and (self._number == 0 or (place + self._number) % 2 == 0):
                made |= self._optional(name, one, depth, shift)
        others = schema.get("additionalProperties", {})
        unnamed = (f"name{place}" for place in range(schema.get("minProperties", 0) - len(made)))
        made |= {name: self.value(others, depth + 1, shift) for name in required if name not in made}
        return made | {name: self.value(others, depth + 1, shift) for name in unnamed}

    def _optional(self, name: str, schema: Schema, depth: int, shift: int) -> dict[str, Json]:
        try:
            return {name: self.value(schema, depth + 1, shift)}
        except _TooMuch:
            if self._left < 0:
                raise
            return {}  # it contains itself

    def _array(self, schema: Schema, depth: int, shift: int) -> list[Json]:
        first = schema.get("prefixItems", [])
        wished = len(first) or int(not self._is_bare(depth))
        count = max(schema.get("minItems", 0), min(wished, schema.get("maxItems", wished)))
        if count > self._left:
            raise _TooMuch
        forms = [*first[:count], *[schema.get("items", {})] * (count - len(first))]
        return [self.value(one, depth + 1, shift + place) for place, one in enumerate(forms)]


def _accepting(schema: Schema) -> Callable[[Json], bool]:
    """Whether a value is as `schema` wants it; never, where that leads into a schema that contains itself."""
    import jsonschema_rs  # here, for it takes 30 ms that commands without validation need not wait for

    return jsonschema_rs.validator_for(dict(schema)).is_valid if not _refers(schema) else lambda value: False


def _refers(node: Json) -> bool:
    if isinstance(node, list):
        return any(map(_refers, node))
    return isinstance(node, dict) and (isinstance(node.get("$ref"), str) or any(map(_refers, node.values())))
