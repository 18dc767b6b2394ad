"""Bodies that a partner words itself: JSON text with `{{field}}` where a field's value belongs.

Inside the quotes of a JSON string a value is written as text, escaped, and null as nothing; outside of quotes as JSON.
Rendered by Jinja in its sandbox; only names, filters and choices between them are taken, so that a template from a
stranger can neither reach into the program nor keep it busy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import jinja2
import orjson
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mock_alohub.errors import BadOption, UnknownName

LONGEST: Final = 64 * 1024
"""Characters of a template."""

_PLACEHOLDER: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
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


def _as_text(value: Any) -> str:
    """`value` inside the quotes of a JSON string."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return orjson.dumps(text).decode()[1:-1]


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
        raise BadOption("what the template gives is no JSON object", hint='begin it with {"uuid": "{{uuid}}"')
    return body


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
    for node in _all(tree):
        if not isinstance(node, _ALLOWED):
            raise BadOption(
                f"the template holds what templates may not ({type(node).__name__.lower()})",
                hint="write {{field}}, {{field | default('none')}} or {{'a' if field else 'b'}}",
            )
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise UnknownName("filter of a template", node.name, _FILTERS)
    return tree


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for below in node.iter_child_nodes():
        yield from _all(below)


@lru_cache(256)
def _compiled(template: str) -> tuple[jinja2.Template, tuple[str, ...]]:
    names = fields_of(template)
    return _ENVIRONMENT.from_string(_in_context(template)), names


def _in_context(template: str) -> str:
    """`template` with each placeholder ending in the filter for where it stands: in a string of JSON, or outside."""
    parts: list[str] = []
    end, quoted = 0, False
    for placeholder in _PLACEHOLDER.finditer(template):
        between = template[end : placeholder.start()]
        quoted ^= _quotes(between) % 2 == 1
        parts += [between, "{{(", placeholder[1].strip("-+ "), ")|", "_text" if quoted else "_json", "}}"]
        end = placeholder.end()
    return "".join((*parts, template[end:]))


def _quotes(text: str) -> int:
    return len(re.findall(r'"', re.sub(r"\\.", "", text)))
