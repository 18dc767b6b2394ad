"""Bodies that a partner words itself: JSON text with `{{field}}` where a field's value belongs.

Inside the quotes of a JSON string a value is written as text, escaped, and null as nothing; outside of quotes as JSON.
Rendered by Jinja in its sandbox; only names, filters and choices between them are taken, so that a template from a
stranger can neither reach into the program nor keep it busy.

`worded` gives the webhook whose messages are what a template makes of those of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import jinja2
import orjson
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mock_alohub.errors import BadOption, Mistake, UnknownName, Unreadable
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Schema, Template, Webhook

LONGEST: Final = 64 * 1024
"""Characters of a template."""
DEEPEST: Final = 32
"""Levels of a template's expressions, and of the objects that it gives."""

_SIGNS: Final = tuple(map(chr, range(0xE000, 0xE100)))
"""Characters that mean nothing to anybody: one that a template has not marks where its values stand."""
_ANYTHING: Final = r"[\s\S]*"
_SYNTAX: Final = re.compile(r"[\\^$.*+?()\[\]{}|/]")
_TEXTS: Final = {
    "null": "^$",
    "boolean": "^(true|false)$",
    "integer": "^-?[0-9]+$",
    "number": r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
}
"""What values of a type look like inside the quotes of a JSON string."""
_LISTED: Final = ("enum", "examples", "x-unusual", "x-open", "x-later")
_KEPT: Final = ("title", "description", "oneOf", "const", "not", "x-left-open", *_LISTED)
"""The keywords of a schema that say as much of a value in quotes."""
_TOO_DEEP: Final = f"the template is nested more than {DEEPEST} levels deep"
_BEGIN: Final = 'begin it with {"uuid": "{{uuid}}"'
_FILTERS: Final = ("default", "lower", "upper", "title", "trim", "int", "round", "string")
_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Filter,
    nodes.Const,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Keyword,
)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _as_text(value: Any) -> str:
    """`value` inside the quotes of a JSON string."""
    return orjson.dumps(_text(value)).decode()[1:-1]


def _as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _environment() -> ImmutableSandboxedEnvironment:
    # No escaping for HTML: the values are written as JSON, by the two filters that every placeholder ends with.
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.filters |= {"_text": _as_text, "_json": _as_json}
    environment.globals.clear()
    return environment


_ENVIRONMENT: Final = _environment()


def rendered(template: str, values: Mapping[str, Any]) -> bytes:
    """`template` with `values` in their places, in UTF-8.

    Raises `BadOption` for a template that cannot be read or gives no JSON object, `UnknownName` for a field there is
    none of.
    """
    compiled, names = _compiled(template)
    for name in names:
        if name not in values:
            raise UnknownName("field of a template", name, values)
    try:
        text = compiled.render(values)
    except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError) as error:
        raise BadOption(f"the template cannot be filled in: {error}") from None
    body = text.encode()
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadOption(f"what the template gives is not JSON: {error}", hint="quote what is text") from None
    if not isinstance(document, dict):
        raise BadOption("what the template gives is no JSON object", hint=_BEGIN)
    return body


def filled(template: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What `rendered` gives, as an object."""
    found: dict[str, Any] = orjson.loads(rendered(template, values))
    return found


def fields_of(template: str) -> tuple[str, ...]:
    """The fields that `template` names, each once. Raises `BadOption` for a template that cannot be read."""
    return tuple(dict.fromkeys(node.name for node in _parsed(template).find_all(nodes.Name)))


def _parsed(template: str) -> nodes.Template:
    if len(template) > LONGEST:
        raise BadOption(f"the template has more than {LONGEST:,} characters")
    try:
        tree = _ENVIRONMENT.parse(template)
    except jinja2.TemplateSyntaxError as error:
        raise BadOption(f"the template cannot be read: line {error.lineno}: {error.message}") from None
    except RecursionError:
        raise BadOption(_TOO_DEEP) from None
    level: list[nodes.Node] = [tree]
    for _ in range(DEEPEST):
        for node in level:
            _demand_allowed(node)
        level = [below for node in level for below in node.iter_child_nodes()]
    if level:
        raise BadOption(_TOO_DEEP)
    return tree


def _demand_allowed(node: nodes.Node) -> None:
    if not isinstance(node, _ALLOWED):
        raise BadOption(
            f"the template holds what templates may not ({type(node).__name__.lower()})",
            hint="write {{field}}, {{field | default('none')}} or {{'a' if field else 'b'}}",
        )
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        raise UnknownName("filter of a template", node.name, _FILTERS)


@lru_cache(256)
def _compiled(template: str) -> tuple[jinja2.Template, tuple[str, ...]]:
    tree = _parsed(template)
    for output, place, quoted in _values(tree):
        last = "_text" if quoted else "_json"
        output.nodes[place] = nodes.Filter(output.nodes[place], last, [], [], None, None, lineno=output.lineno)
    return _ENVIRONMENT.from_string(tree), fields_of(template)


def _values(tree: nodes.Template) -> Iterator[tuple[nodes.Output, int, bool]]:
    """Where values stand: in which output, at which place of it, and whether inside the quotes of a string of JSON."""
    quoted = False
    for output in tree.find_all(nodes.Output):
        for place, node in enumerate(output.nodes):
            if isinstance(node, nodes.TemplateData):
                quoted ^= _quotes(node.data) % 2 == 1
            else:
                yield output, place, quoted


def _quotes(text: str) -> int:
    return len(re.findall(r'"', re.sub(r"\\.", "", text)))


@dataclass(frozen=True, slots=True)
class Wording:
    """The template in a file, and for which webhooks it is: a name, a provider or a pattern; "" for all under test."""

    wanted: str
    file: str
    text: str


def wording_in(text: str) -> Wording:
    """The wording that `FILE` or `WEBHOOK=FILE` stands for. Raises `Unreadable`."""
    wanted, equals, file = text.rpartition("=")
    if (equals and not wanted) or not file:
        raise BadOption(f"`{text}` names no template; allowed: FILE or WEBHOOK=FILE")
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(4 * LONGEST + 1)
        return Wording(wanted, file, data.decode("utf-8-sig"))
    except OSError as error:
        raise Unreadable(f"cannot read the template {file}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"the template {file} is not UTF-8") from None


def all_worded(specification: Specification, names: Sequence[str], wordings: Iterable[Wording]) -> Specification:
    """`specification` with those of the webhooks called `names` that the wordings are for in their words.

    Raises what `worded` raises, with the file.
    """
    webhooks = dict(specification.webhooks)
    for one in wordings:
        meant = [name for name in (specification.names(one.wanted) if one.wanted else names) if name in names]
        if not meant:
            raise BadOption(f"{one.file} is for {one.wanted}, which is not under test", hint="--webhook names what is")
        try:
            webhooks |= {name: worded(specification.webhook(name), one.text) for name in meant}
        except Mistake as mistake:
            mistake.message = f"{one.file}: {mistake.message}"
            raise
    return replace(specification, webhooks=webhooks)


def worded(webhook: Webhook, template: str) -> Webhook:
    """`webhook` with the body that `template` gives; all its members are required.

    A member that is one field has that field's schema, as text where it stands in quotes. Of text around fields the
    words are demanded, and other members may be anything. Conditions between fields are left out.

    Raises `BadOption` for a webhook whose body the partner does not word and for a template that gives no JSON object
    of members with fixed names, `UnknownName` for a field there is none of.
    """
    if not webhook.worded:
        raise BadOption(
            f"the body of {webhook.name} is the provider's own, not a template",
            hint="--webhook names a webhook whose body is one; with several, say --body-template WEBHOOK=FILE",
        )
    fields = webhook.schema["properties"]
    for name in fields_of(template):
        if name not in fields:
            raise UnknownName(f"field of {webhook.name}", name, fields)
    examples = {name: filled(template, example) for name, example in webhook.examples.items()}
    skeleton = _skeleton(template, fields)
    schema = skeleton.schema(skeleton.document)
    if not schema["properties"]:
        raise BadOption("what the template gives has no member", hint=_BEGIN)
    schema["title"] = f"{webhook.title}, as a template words it"
    return replace(webhook, schema=schema, examples=examples, template=Template(template, webhook))


class _Skeleton(NamedTuple):
    """What a template gives, with marks for values: the n-th mark holds the number n, and has the n-th schema."""

    document: Any
    schemas: Sequence[Schema]
    mark: re.Pattern[str]

    def schema(self, node: Any, depth: int = 0) -> dict[str, Any]:
        """The schema of what stands at `node` of the document."""
        if depth > DEEPEST:
            raise BadOption(_TOO_DEEP)
        match node:
            case dict():
                if any(map(self.mark.search, node)):
                    raise BadOption("a field stands in the name of a member; names are the same in every body")
                properties = {name: self.schema(below, depth + 1) for name, below in node.items()}
                return {"type": "object", "required": [*node], "properties": properties, "additionalProperties": True}
            case list():
                return {"type": "array"}
            case str() if whole := self.mark.fullmatch(node):
                return dict(self.schemas[int(whole[1])])
            case str() if self.mark.search(node):
                words = (_SYNTAX.sub(r"\\\g<0>", word) for word in self.mark.split(node)[::2])
                return {"type": "string", "pattern": f"^{_ANYTHING.join(words)}$"}
            case _:
                return {"const": node, "x-wanted": f"{_as_json(node)}, as the template has it"}


def _skeleton(template: str, fields: Mapping[str, Schema]) -> _Skeleton:
    sign = next(one for one in _SIGNS if one not in template and f"\\u{ord(one):x}" not in template.lower())
    schemas: list[Schema] = []
    tree = _parsed(template)
    for output, place, quoted in _values(tree):
        value = output.nodes[place]
        schema = fields[value.name] if isinstance(value, nodes.Name) else {}
        mark = f"{sign}{len(schemas)}{sign}"
        output.nodes[place] = nodes.TemplateData(mark if quoted else f'"{mark}"')
        schemas.append(in_quotes(schema) if quoted else schema)
    text = "".join(data.data for data in tree.find_all(nodes.TemplateData))
    try:
        return _Skeleton(orjson.loads(text), schemas, re.compile(f"{sign}([0-9]+){sign}"))
    except orjson.JSONDecodeError:
        raise BadOption(
            "a field outside of quotes stands for a whole value of the template", hint='write {"seconds": {{duration}}}'
        ) from None


def in_quotes(schema: Schema) -> Schema:
    """The schema of a field's values where they stand in quotes: as text, with null as an empty one."""
    named = schema.get("type", "any")
    kinds = [named] if isinstance(named, str) else named
    if kinds == ["string"]:
        return schema
    patterns = [schema.get("pattern", "") if kind == "string" else _TEXTS.get(kind, f"^{_ANYTHING}$") for kind in kinds]
    wanted = f"{schema.get('x-wanted', 'a value')}, in quotes" + (', null as ""' if "null" in kinds else "")
    found = {name: _quoted(name, schema[name]) for name in _KEPT if name in schema} | {"x-wanted": wanted}
    if all(patterns):
        found["pattern"] = "|".join(patterns)
    if _TEXTS.keys() >= set(kinds):
        found.setdefault("not", {"pattern": "\\n"})  # a `$` lets some engines match before a final line feed
    if "string" in kinds and "x-role" in schema:
        found["x-role"] = schema["x-role"]  # what is a number plays its role as a number alone
    return {**found, "type": "string"}


def _quoted(name: str, value: Any) -> Any:
    """`value` of the keyword `name`, with the field's values in it as texts."""
    if name == "const":
        return _text(value)
    if name in _LISTED:
        return [_text(one) for one in value]
    if name == "oneOf":
        return [{word: _quoted(word, one) for word, one in entry.items()} for entry in value]
    return value
