"""The specification as a page that needs nothing from anywhere else: no script, one style, which the policy names."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from mock_alohub.server.operations import METHODS, Operation, operations
from mock_alohub.specification.specification import Specification

_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and the content security policy it is shown under."""

    html: bytes
    policy: str


def page(specification: Specification, base: str) -> Page:
    """The operations and webhooks of `specification`, with commands that work on the server at `base`."""
    # Imported here: the server need not wait for it, only who asks for the page.
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    style = (_TEMPLATES / "docs.css").read_text(encoding="utf-8")
    html = environment.get_template("docs.html").render(
        title=specification.document["info"]["title"],
        base_path=urlsplit(base).path,
        style=Markup(style),  # noqa: S704 - a file of ours
        sections=list(_sections(specification, base)),
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Page(html.encode(), f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'")


def _sections(specification: Specification, base: str) -> Iterator[Mapping[str, Any]]:
    document = specification.document
    found = operations(specification)
    for tag in document.get("tags", ()):
        inside = [_described(one, document, base) for one in found if tag["name"] in _raw(one, document)["tags"]]
        webhooks = [
            _webhook(name, item[method], document)
            for name, item in document["webhooks"].items()
            for method in item
            if method in METHODS and tag["name"] in item[method].get("tags", ())
        ]
        if inside or webhooks:
            yield {"title": tag["name"], "text": tag.get("description", ""), "operations": [*inside, *webhooks]}


def _raw(operation: Operation, document: Mapping[str, Any]) -> Mapping[str, Any]:
    return document["paths"][operation.path][operation.method.lower()]  # type: ignore[no-any-return]


def _described(operation: Operation, document: Mapping[str, Any], base: str) -> Mapping[str, Any]:
    raw = _raw(operation, document)
    item = document["paths"][operation.path]
    parameters = [_resolved(one, document) for one in (*item.get("parameters", ()), *raw.get("parameters", ()))]
    return {
        "method": operation.method,
        "path": operation.path,
        "summary": raw["summary"],
        "text": raw.get("description", ""),
        "parameters": [_parameter(one, document) for one in parameters],
        "examples": list(_commands(operation, raw, base)),
        "answers": _answers(raw, document),
    }


def _webhook(name: str, raw: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    media: Mapping[str, Any] = next(iter(raw.get("requestBody", {}).get("content", {}).values()), {})
    return {
        "method": "webhook",
        "path": name,
        "summary": raw["summary"],
        "text": raw.get("description", ""),
        "parameters": [],
        "examples": [
            {"title": example.get("summary", ""), "command": _json(example["value"])}
            for example in media.get("examples", {}).values()
        ],
        "answers": _answers(raw, document),
    }


def _commands(operation: Operation, raw: Mapping[str, Any], base: str) -> Iterator[Mapping[str, str]]:
    media = raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = media.get("examples", {"": {"value": media["example"]}} if "example" in media else {})
    words = ["curl"] if operation.method == "GET" else ["curl", "-X", operation.method]
    if operation.guarded:
        words += ["-H", "Authorization: Bearer $TOKEN"]
    url = f"{base}{operation.path}"
    if not examples:
        yield {"title": "", "command": _shell([*words, url])}
    for example in examples.values():
        body = orjson.dumps(example["value"]).decode()
        command = _shell([*words, url, "-H", "Content-Type: application/json", "-d", body])
        yield {"title": example.get("summary", ""), "command": command}


def _shell(words: Sequence[str]) -> str:
    quoted = (f'"{word}"' if "$TOKEN" in word else shlex.quote(word) for word in words)
    return " ".join(quoted)


def _parameter(described: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, str]:
    schema = _resolved(described["schema"], document)
    values = ", ".join(map(str, schema["enum"])) if "enum" in schema else schema.get("x-wanted", schema.get("type", ""))
    if "default" in schema:
        values = f"{values}; {schema['default']} when it is not given"
    return {
        "name": described["name"],
        "place": described["in"],
        "text": described.get("description", ""),
        "values": values,
    }


def _answers(raw: Mapping[str, Any], document: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return [
        {"status": status, "text": _resolved(answer, document).get("description", "")}
        for status, answer in raw["responses"].items()
    ]


def _resolved(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = document
    for word in node["$ref"].removeprefix("#/").split("/"):
        found = found[word]
    return found  # type: ignore[no-any-return]


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
