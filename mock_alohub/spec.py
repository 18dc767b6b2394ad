"""The loaded specification: the webhooks of `openapi.yaml` with schema, examples, security and policy.

Nothing about a payload, a deadline, a retry or an acknowledging status is written anywhere else. Schemas may lie in
several files; `Webhook.schema` has every reference put in its place, so it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from mock_alohub import bundle
from mock_alohub.errors import BadOption, BadSpecification, UnknownName
from mock_alohub.promises import check_delivery
from mock_alohub.references import document_at, inlined

Json = Any
Schema = Mapping[str, Json]

_VERBS: Final = ("post", "get", "put", "patch")
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

DEFAULT: Final = ("alohub.call-ended", "alohub.auto-call")
"""The webhooks that are meant when none is named: a partner has one provider, and this is the first there was."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Specification:
    """All webhooks by name, and the whole document they come from."""

    document: Mapping[str, Json]
    webhooks: Mapping[str, Webhook]
    notes: tuple[str, ...] = ()
    """What of the document could not be used, in sentences for its reader."""

    def webhook(self, name: str) -> Webhook:
        """The webhook called `name`. Raises `UnknownName`."""
        try:
            return self.webhooks[name]
        except KeyError:
            raise UnknownName("webhook", name, self.webhooks) from None

    def names(self, wanted: str) -> tuple[str, ...]:
        """The webhooks that `wanted` stands for: a name, a provider (`alohub`), or a pattern (`*.call-*`).

        Raises `UnknownName`.
        """
        found = tuple(
            name
            for name, webhook in self.webhooks.items()
            if wanted in {name, webhook.provider} or fnmatchcase(name, wanted)
        )
        if not found:
            providers = dict.fromkeys(webhook.provider for webhook in self.webhooks.values())
            raise UnknownName("webhook", wanted, (*self.webhooks, *providers))
        return found


@cache
def load(path: Path | None = None) -> Specification:
    """The specification at `path` (default: the bundled `openapi.yaml`). Raises `BadSpecification`."""
    source = path or bundle.path("openapi.yaml")
    files: dict[Path, Json] = {}
    document = document_at(source, files)
    if not isinstance(document, dict) or not isinstance(document.get("webhooks"), dict):
        raise BadSpecification(f"{source} describes no webhooks", hint="wanted: OpenAPI 3.1 with `webhooks:`")
    documents = document.get("x-documents", {})
    webhooks = {
        name: _webhook(name, item, source, files, documents.get(name.partition(".")[0], {}))
        for name, item in document["webhooks"].items()
    }
    return Specification(document, webhooks)


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


def _is_a(kind: str, value: Json) -> bool:
    if isinstance(value, bool):
        return kind in {"boolean", "any"}
    return isinstance(value, _KINDS[kind])


def _type_of(schema: Schema) -> str:
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)


def listed_values(schema: Schema) -> tuple[str, ...]:
    """The texts a field's schema lists (`enum`, or `oneOf` of `const`), without those that are too short for it."""
    listed = schema.get("enum") or [entry.get("const") for entry in schema.get("oneOf", ())]
    shortest = schema.get("minLength", 0)
    return tuple(value for value in listed if isinstance(value, str) and len(value) >= shortest)


def respelled(specification: Specification, spelling: Mapping[str, str]) -> Specification:
    """`specification` with other literals for some outcomes, e.g. `{"no_answer": "missed"}`.

    The literal changes in the schema and the examples of every webhook that has it. A spelling that is accepted for the
    same outcome already becomes the one that is emitted. The `document` stays as it was read. Raises `UnknownName` for
    an outcome no webhook has, and `BadOption` where none has any, or a spelling is empty or means another outcome.
    """
    known = {one.outcome for webhook in specification.webhooks.values() for one in statuses(webhook)}
    if spelling and not known:
        raise BadOption(
            "no outcome of a call can be spelled otherwise: these webhooks have no word for any",
            hint="--status-spelling is of no use with a document of your own",
        )
    for outcome, word in spelling.items():
        if outcome not in known:
            raise UnknownName("outcome", outcome, known)
        if not word.strip():
            raise BadOption(f"the spelling of {outcome} is empty", hint=f"write it as {outcome}=<spelling>")
    webhooks = {name: _respelled(webhook, spelling) for name, webhook in specification.webhooks.items()}
    return replace(specification, webhooks=webhooks)


def _respelled(webhook: Webhook, spelling: Mapping[str, str]) -> Webhook:
    emitted = spellings(webhook)
    changes = {emitted[outcome]: word for outcome, word in spelling.items() if emitted.get(outcome, word) != word}
    meant: dict[str, str] = {}
    for one in statuses(webhook):
        word = changes.get(one.literal, one.literal)
        if meant.setdefault(word, one.outcome) != one.outcome:
            raise BadOption(f"`{word}` would mean both {meant[word]} and {one.outcome} in {webhook.name}")
    status_field = next((name for name, one in webhook.schema["properties"].items() if _spells(one)), "")
    return replace(
        webhook,
        schema=_reworded(webhook.schema, changes),
        examples={
            key: {**example, status_field: changes.get(example[status_field], example[status_field])}
            if status_field in example
            else example
            for key, example in webhook.examples.items()
        },
    )


def _spells(schema: Schema) -> bool:
    return any("x-outcome" in entry for entry in schema.get("oneOf", ()))


def _reworded(node: Json, changes: Mapping[str, str]) -> Json:
    if isinstance(node, list):
        return [_reworded(one, changes) for one in _without_replaced(node, changes)]
    if not isinstance(node, dict):
        return node
    if "x-outcome" in node and node.get("const") in changes:
        word = changes[node["const"]]
        return {**node, "const": word, "x-assumed": False, "description": f"{node.get('title', word)}, as configured."}
    return {key: _reworded(value, changes) for key, value in node.items()}


def _without_replaced(entries: list[Json], changes: Mapping[str, str]) -> list[Json]:
    # A spelling that was accepted beside the emitted one takes its place; listed twice, `oneOf` would refuse it.
    taken = set(changes.values()) - changes.keys()
    return [one for one in entries if not (isinstance(one, dict) and "x-outcome" in one and one.get("const") in taken)]


def _webhook(
    name: str, item: Mapping[str, Json], source: Path, files: dict[Path, Json], documents: Mapping[str, Json]
) -> Webhook:
    place = f"{source}: webhook {name}"
    try:
        method, operation = next((verb, item[verb]) for verb in _VERBS if verb in item)
        content_type, media = next(iter(operation["requestBody"]["content"].items()))
        schema = inlined(media["schema"], source, files)
        examples = {key: example["value"] for key, example in media.get("examples", {}).items()}
        title, delivery = operation["summary"], operation["x-delivery"]
    except StopIteration:
        raise BadSpecification(f"{place} has no operation ({', '.join(_VERBS)}) with a request body") from None
    except KeyError as error:
        raise BadSpecification(f"{place} lacks {error}") from None
    except (AttributeError, TypeError) as error:
        raise BadSpecification(f"{place} is not shaped as OpenAPI wants it: {error}") from None
    check_delivery(delivery, place)
    return Webhook(
        name=name,
        provider=name.partition(".")[0],
        title=title,
        description=operation.get("description", ""),
        method=method.upper(),
        content_type=content_type,
        key_header=_key_header(operation, files[source], place),
        schema=schema,
        examples=examples,
        delivery=delivery,
        methods=tuple(verb.upper() for verb in dict.fromkeys((method, *_VERBS)) if verb in item),
        documents={topic: (one["document"], one["section"]) for topic, one in documents.items()},
        worded=operation.get("x-body-template") is True,
    )


def sent_by(webhook: Webhook, method: str) -> Webhook:
    """`webhook` as it is sent with another of its methods. Raises `UnknownName`."""
    if method.upper() not in webhook.methods:
        raise UnknownName(f"method of {webhook.name}", method, webhook.methods)
    return replace(webhook, method=method.upper())


def all_sent_by(specification: Specification, names: Iterable[str], method: str) -> Specification:
    """`specification` with the webhooks called `names` sent by `method`. Raises `UnknownName`."""
    return with_webhooks(specification, (sent_by(specification.webhook(name), method) for name in names))


def with_webhooks(specification: Specification, changed: Iterable[Webhook]) -> Specification:
    """`specification` with the webhooks of `changed` in place of those with their names."""
    return replace(specification, webhooks={**specification.webhooks, **{one.name: one for one in changed}})


def _key_header(operation: Mapping[str, Json], document: Mapping[str, Json], place: str) -> str | None:
    schemes = document.get("components", {}).get("securitySchemes", {})
    for name in (name for requirement in operation.get("security", ()) for name in requirement):
        if name not in schemes:
            raise BadSpecification(f"{place}: the security scheme `{name}` is not described under components")
        if schemes[name].get("type") == "apiKey" and schemes[name].get("in") == "header":
            return str(schemes[name]["name"])
    return None
