"""One kind of message of a provider, as the specification describes it, and what can be read from its schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from mock_alohub.errors import UnknownName

Json = Any
Schema = Mapping[str, Json]

_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
    "any": object,
}


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a provider writes one outcome of a call.

    `outcome` is a value of `call.Outcome`. `assumed`: the provider does not publish the literal. `aliases` are other
    spellings it might turn out to use; the schema does not accept them.
    """

    outcome: str
    literal: str
    title: str
    description: str
    assumed: bool
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a webhook's messages. `values` are those the schema lists, () when it lists none.

    `wanted` says in words how a value is written. `left_open` says what the provider's documents leave open about the
    field and how that is read here, "" when nothing.
    """

    name: str
    type: str
    title: str
    description: str
    values: tuple[str, ...]
    required: bool
    wanted: str
    left_open: str
    role: str

    def admits(self, value: Json) -> bool:
        """Whether `value` is of a type that the field can have."""
        return any(_is_a(kind, value) for kind in self.type.split(" or "))


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """The text of a body that a partner words, and the webhook as described, whose fields it names."""

    text: str
    values: Webhook


@dataclass(frozen=True, slots=True, eq=False)
class Webhook:
    """One kind of message of a provider, as the specification describes it.

    `schema` is self-contained (no reference leaves it). `delivery` is the raw `x-delivery` mapping, read by
    `policy.py`, with `about`: of which calls it tells. `key_header` is the header that carries the agreed key, None
    when the webhook is not secured.
    """

    name: str
    provider: str
    title: str
    description: str
    method: str
    content_type: str
    key_header: str | None
    schema: Schema
    examples: Mapping[str, Mapping[str, Json]]
    delivery: Mapping[str, Json]
    methods: tuple[str, ...] = ()
    """The methods it can be sent with, its own first; the others are operations of the same path item."""
    documents: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What the provider documents: a topic of `rules/sources.py` to document and section. The rest is assumed."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that its messages carry beside the content type and those of the provider."""
    key_form: str = "plain"
    """How the key becomes the value of its header: a word of `foreign.security.KeyForm`."""
    drawn: bool = False
    """Its messages are drawn from its schema and examples: what a call was like changes nothing in them."""
    worded: bool = False
    """The partner words its body (`x-body-template`): what is described is the body that names every field."""
    template: Template | None = None
    """The partner's wording, where it is known; schema and examples are then those of what it gives."""

    @property
    def fires(self) -> tuple[str, ...]:
        """The moments of a call (`call.Moment` values) at which this webhook is sent."""
        return tuple(self.delivery["fires"])


@cache
def statuses(webhook: Webhook) -> tuple[Spelling, ...]:
    """Every accepted spelling of a call's outcome, in the order of the schema; the first of an outcome is emitted."""
    return tuple(
        Spelling(
            outcome=entry["x-outcome"],
            literal=entry["const"],
            title=entry.get("title", ""),
            description=entry.get("description", ""),
            assumed=bool(entry.get("x-assumed")),
            aliases=tuple(entry.get("x-aliases", ())),
        )
        for field in webhook.schema.get("properties", {}).values()
        for entry in field.get("oneOf", ())
        if "x-outcome" in entry and "const" in entry
    )


@cache
def literals(webhook: Webhook, keyword: str) -> Mapping[str, str]:
    """The constants of the schema that carry `keyword` (`x-direction`), each with what it says there."""
    return {
        entry["const"]: entry[keyword]
        for field in webhook.schema.get("properties", {}).values()
        for entry in field.get("oneOf", ())
        if keyword in entry and "const" in entry
    }


@cache
def spellings(webhook: Webhook) -> Mapping[str, str]:
    """Outcome (a value of `call.Outcome`) to the literal that is emitted for it."""
    emitted: dict[str, str] = {}
    for one in statuses(webhook):
        emitted.setdefault(one.outcome, one.literal)
    return MappingProxyType(emitted)


def aliases(webhook: Webhook) -> tuple[str, ...]:
    """Spellings the provider might use and the schema does not accept, each once."""
    accepted = {one.literal for one in statuses(webhook)}
    return tuple(dict.fromkeys(word for one in statuses(webhook) for word in one.aliases if word not in accepted))


@cache
def fields(webhook: Webhook) -> tuple[Field, ...]:
    """The fields of the webhook's messages in the order of the schema."""
    required = frozenset(webhook.schema.get("required", ()))
    return tuple(
        Field(
            name=name,
            type=_type_of(schema),
            title=schema.get("title", ""),
            description=schema.get("description", ""),
            values=listed_values(schema),
            required=name in required,
            wanted=schema.get("x-wanted", ""),
            left_open=schema.get("x-left-open", ""),
            role=schema.get("x-role", ""),
        )
        for name, schema in webhook.schema.get("properties", {}).items()
    )


def listed_values(schema: Schema) -> tuple[str, ...]:
    """The texts a field's schema lists (`enum`, or `oneOf` of `const`), without those that are too short for it."""
    listed = schema.get("enum") or [entry.get("const") for entry in schema.get("oneOf", ())]
    shortest = schema.get("minLength", 0)
    return tuple(value for value in listed if isinstance(value, str) and len(value) >= shortest)


def with_method(webhook: Webhook, method: str) -> Webhook:
    """`webhook` as it is sent with another of its methods. Raises `UnknownName`."""
    if method.upper() not in webhook.methods:
        raise UnknownName(f"method of {webhook.name}", method, webhook.methods)
    return replace(webhook, method=method.upper())


def _is_a(kind: str, value: Json) -> bool:
    if isinstance(value, bool):
        return kind in {"boolean", "any"}
    return isinstance(value, _KINDS[kind])


def _type_of(schema: Schema) -> str:
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)
