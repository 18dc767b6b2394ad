"""The tables of `docs/alohaa.md`, from what they tell of: `python -m tests.alohaa_page` writes them into it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mock_alohub.server.providers.alohaa.errors import FAILURES
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import fields

PAGE = Path(__file__).resolve().parent.parent / "docs" / "alohaa.md"
SPECIFICATION = Specification.load()
WEBHOOKS = [SPECIFICATION.webhook(name) for name in SPECIFICATION.names("alohaa")]
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (method.upper(), path, operation)
    for path, item in SPECIFICATION.document["paths"].items()
    for method, operation in item.items()
    if method != "parameters" and "Alohaa REST" in operation["tags"]
]


def _delivery() -> Iterator[tuple[str, ...]]:
    yield "webhook", "value", "is", "source"
    for webhook in WEBHOOKS:
        delivery = webhook.delivery
        for name in ("deadline", "acknowledged-by", "retries", "fires"):
            value = delivery[name]
            shown = ", ".join(str(one) for one in value) if isinstance(value, list) else value
            yield f"`{webhook.name}`", name, shown or "none", delivery["assumed"].get(name, "published")


def _fields() -> Iterator[tuple[str, ...]]:
    yield "webhook", "field", "type", "meaning", "left open by the documents"
    for webhook in WEBHOOKS:
        for field in fields(webhook):
            kind = field.type if field.required else f"{field.type}, may be absent"
            name = webhook.name.partition(".")[2]
            yield name, f"`{field.name}`", kind, field.description, field.left_open or "-"


def _routes() -> Iterator[tuple[str, ...]]:
    yield "method", "path", "what it does"
    for method, path, operation in OPERATIONS:
        yield method, f"`{path}`", operation["summary"]


def _assumed() -> Iterator[tuple[str, ...]]:
    yield "path", "what", "assumed"
    for method, path, operation in OPERATIONS:
        if not (method == "POST" and path.endswith("-logs")):  # the same as of the GET
            for what, why in operation["x-assumed"].items():
                yield f"`{path}`", what, why


def _failures() -> Iterator[tuple[str, ...]]:
    yield "`code`", "`reason`", "HTTP", "documented in"
    for code, failure in FAILURES.items():
        yield f"`{code.value}`", failure.reason, str(failure.status.value), failure.document


TABLES: Mapping[str, Callable[[], Iterator[tuple[str, ...]]]] = {
    "delivery": _delivery,
    "fields": _fields,
    "routes": _routes,
    "assumed": _assumed,
    "failures": _failures,
}


def table(name: str) -> str:
    """The table called `name`, in Markdown."""
    head, *rows = TABLES[name]()
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows))


def page(text: str) -> str:
    """`text` with every table between its marks as it is now."""
    for name in TABLES:
        marks = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        text = marks.sub(lambda found, name=name: f"{found[1]}{table(name)}\n{found[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
