"""Whether a payload keeps to its webhook's schema, and in plain words what is wrong with it when it does not.

The words come from the schema: `x-wanted` says how a value is written, `x-because` what a condition follows from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mock_alohub.errors import BadSpecification
from mock_alohub.specification import payload_stream
from mock_alohub.specification.webhook import Json, Schema, Webhook, listed_values, statuses

if TYPE_CHECKING:
    import jsonschema_rs

_SHOWN: Final = 60
_CLEAREST_FIRST: Final = ("required", "type", "enum", "const", "oneOf", "minLength", "pattern", "not")
_KINDS: Final = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "an array",
    "object": "a JSON object",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a payload.

    `pointer` is the JSON pointer of the value ("" for the whole payload), `message` a sentence about it. Where the
    schema lists the values, `allowed` has them and `nearest` is the one most like what came, if any is.
    """

    pointer: str
    message: str
    allowed: tuple[str, ...] = ()
    nearest: str | None = None


class LineResult(NamedTuple):
    """What was found on a line of a file: `webhook` is the one whose message it is, or comes nearest to being.

    `note` says what was tolerated. A payload over several lines counts as the line it begins on.
    """

    line: int
    webhook: str
    problems: tuple[Problem, ...] = ()
    note: str = ""


class Validator:
    """Judges payloads by the schemas of some webhooks: one that any of them accepts is valid.

    The order matters where several accept a payload (every call-ended message is also a possible automatic-call one):
    name the stricter webhook first. Raises `BadSpecification` for a schema that cannot be used.
    """

    def __init__(self, *webhooks: Webhook) -> None:
        self.webhooks = webhooks
        self._judges = tuple((webhook, _compiled(webhook)) for webhook in webhooks)
        self._accepts = tuple((webhook.name, judge.is_valid) for webhook, judge in self._judges)

    def is_valid(self, payload: Json) -> bool:
        """Whether any of the webhooks may send `payload`."""
        return any(accepts(payload) for _, accepts in self._accepts)

    def accepting(self, payload: Json) -> tuple[str, ...]:
        """The names of the webhooks that may send `payload`."""
        return tuple(name for name, accepts in self._accepts if accepts(payload))

    def problems(self, payload: Json) -> list[Problem]:
        """What is wrong with `payload`: nothing when it is valid, else by the webhook it comes nearest to."""
        return list(self.judged(payload)[1])

    def problems_of(self, body: bytes) -> list[Problem]:
        """What is wrong with the bytes of a message: not UTF-8, not JSON, or not as the schema wants it."""
        found = payload_stream.parsed(body)
        return [Problem("", f"the message is {found.error}")] if found.error else self.problems(found.payload)

    def judged(self, payload: Json) -> tuple[str, tuple[Problem, ...]]:
        """The webhook that may send `payload`, or comes nearest to it, and what is wrong then."""
        for name, accepts in self._accepts:
            if accepts(payload):
                return name, ()
        found = [(webhook, _problems(webhook, judge, payload)) for webhook, judge in self._judges]
        # The one that knows most of its fields: fewest problems alone would prefer a webhook with few fields.
        nearest, problems = min(found, key=lambda one: (-_known(one[0], payload), len(one[1])))
        return nearest.name, problems


def check_lines(stream: Iterable[bytes], validator: Validator) -> Iterator[LineResult]:
    """Every message in `stream` (JSON lines, an array, or documents over several lines) with what is wrong with it."""
    name, accepts = validator.webhooks[0].name, validator.is_valid
    alone = len(validator.webhooks) == 1
    for line, payload, error, note in payload_stream.read(stream):
        if error:
            yield LineResult(line, "", (Problem("", error),), note)
        elif alone and accepts(payload):
            yield LineResult(line, name, (), note)
        else:
            yield LineResult(line, *validator.judged(payload), note)


def _known(webhook: Webhook, payload: Json) -> int:
    """How many fields of `payload` the webhook has."""
    return len(payload.keys() & webhook.schema.get("properties", {}).keys()) if isinstance(payload, dict) else 0


def _compiled(webhook: Webhook) -> jsonschema_rs.Validator:
    import jsonschema_rs  # here, for it takes 30 ms that commands without validation need not wait for

    try:
        return jsonschema_rs.validator_for(dict(webhook.schema))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise BadSpecification(f"the schema of webhook {webhook.name} cannot be used: {error}") from None


def _problems(webhook: Webhook, judge: jsonschema_rs.Validator, payload: Json) -> tuple[Problem, ...]:
    errors = sorted(judge.iter_errors(payload), key=_clearness)
    plain: dict[str, Problem] = {}
    conditional: dict[str, Problem] = {}
    for error in errors:
        pointer = _pointer_of(error)
        condition = _condition(webhook.schema, error.schema_path)
        if condition is None:
            plain.setdefault(pointer, _problem(webhook, error, pointer, payload))
        # What a condition says is noise where the fields it depends on are wrong themselves.
        elif not any(f"/{name}" in plain for name in condition.fields):
            conditional.setdefault(pointer, _demand(condition, error, pointer))
    order = {f"/{name}": place for place, name in enumerate(webhook.schema.get("properties", {}))}
    return tuple(sorted((conditional | plain).values(), key=lambda one: order.get(one.pointer, len(order))))


def _clearness(error: jsonschema_rs.ValidationError) -> tuple[bool, int]:
    """Plain errors before those of conditions, and the keyword that says most before the others."""
    keyword = error.kind.name
    place = _CLEAREST_FIRST.index(keyword) if keyword in _CLEAREST_FIRST else len(_CLEAREST_FIRST)
    return bool({"then", "else"} & set(error.schema_path)), place


def _pointer_of(error: jsonschema_rs.ValidationError) -> str:
    path = [*error.instance_path, *([error.kind.as_dict()["property"]] if error.kind.name == "required" else [])]
    return "".join("/" + str(word).replace("~", "~0").replace("/", "~1") for word in path)


class _Condition(NamedTuple):
    because: str
    fields: frozenset[str]


def _condition(schema: Schema, path: Sequence[str | int]) -> _Condition | None:
    """The innermost condition on the way to a keyword that says why, None where there is none."""
    found: _Condition | None = None
    for parent, word in _steps(schema, path):
        if word in {"then", "else"} and isinstance(parent, dict) and "if" in parent:
            because = parent[word].get("x-because", "")
            found = _Condition(because, frozenset(parent["if"].get("properties", {})))
    return found


def _steps(schema: Schema, path: Sequence[str | int]) -> Iterator[tuple[Any, str | int]]:
    node: Any = schema
    for word in path:
        yield node, word
        node = node[word]
        if word == "$ref" and isinstance(node, str):
            node = schema["$defs"][node.removeprefix("#/$defs/")]


def _demand(condition: _Condition, error: jsonschema_rs.ValidationError, pointer: str) -> Problem:
    match error.kind.name:
        case "minLength":
            wanted = "must be set"
        case "maxLength":
            wanted = f'must be "", not {_said(error.instance)}'
        case "required":
            wanted = "must not be missing"
        case "falseSchema":
            wanted = "must not be there"
        case _:
            wanted = f"must be another: {error.message}"
    reason = f"{condition.because}, so" if condition.because else "as the other fields are,"
    return Problem(pointer, f"{reason} `{_name(pointer)}` {wanted}")


def _problem(webhook: Webhook, error: jsonschema_rs.ValidationError, pointer: str, payload: Json) -> Problem:
    keyword, field = error.kind.name, _field(webhook.schema, error.schema_path)
    subject = f"`{_name(pointer)}`" if pointer else "the message"
    if keyword == "required":
        return Problem(pointer, f"{subject} is missing{_instead(_name(pointer), payload, webhook.schema)}")
    if keyword in {"enum", "const", "oneOf"} and isinstance(error.instance, str):
        allowed = listed_values(field)
        if allowed:
            return _unlisted(webhook, pointer, error.instance, allowed)
    wanted = field.get("x-wanted") or (_kinds(field.get("type")) if keyword == "type" else "")
    if not wanted:
        return Problem(pointer, f"{subject} is {_said(error.instance)}: {error.message}")
    return Problem(pointer, f"{subject} is {_said(error.instance)}, wanted {wanted}", listed_values(field))


def _field(schema: Schema, path: Sequence[str | int]) -> Mapping[str, Json]:
    """The schema of the field a keyword stands in, without the keyword's own inside."""
    return next(reversed([node for node, _ in _steps(schema, path) if isinstance(node, dict)]), schema)


def _unlisted(webhook: Webhook, pointer: str, value: str, allowed: tuple[str, ...]) -> Problem:
    alias = next((one for one in statuses(webhook) if value in one.aliases and one.literal in allowed), None)
    words = {word.casefold(): word for word in allowed if word}
    import difflib  # here, for what is valid need not wait for it

    near = difflib.get_close_matches(value.casefold(), words, n=1, cutoff=0.6)
    nearest = alias.literal if alias else words[near[0]] if near else None
    start = f"`{_name(pointer)}` is {_said(value)}"
    if alias and alias.assumed:
        rest = f"; nearest allowed: `{nearest}`, a spelling that is assumed (--status-spelling sets another)"
    elif nearest:
        rest = f"; nearest allowed: `{nearest}`"
    else:
        rest = "; allowed: " + ", ".join(f"`{word}`" if word else '""' for word in allowed)
    return Problem(pointer, start + rest, allowed, nearest)


def _instead(name: str, payload: Json, schema: Schema) -> str:
    others = {key.casefold(): key for key in payload if key not in schema["properties"]}
    import difflib  # here, for what is valid need not wait for it

    near = difflib.get_close_matches(name.casefold(), others, n=1, cutoff=0.8)
    return f"; there is a `{others[near[0]]}`" if near else ""


def _kinds(types: str | Sequence[str] | None) -> str:
    names = [types] if isinstance(types, str) else types or ()
    return " or ".join(_KINDS[name] for name in names)


def _name(pointer: str) -> str:
    words = (word.replace("~1", "/").replace("~0", "~") for word in pointer.split("/")[1:])
    return ".".join(words)


def _said(value: Json) -> str:
    match value:
        case "":
            return "empty"
        case str():
            text = json.dumps(value if len(value) <= _SHOWN else value[:_SHOWN] + "…", ensure_ascii=False)
            return text if text.isprintable() else json.dumps(value[:_SHOWN])
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case list():
            return f"an array of {len(value)}"
        case _:
            return "an object"
