"""`docs/specification.md` says what the specification says."""

from __future__ import annotations

import contextlib
import io

import pytest

from mock_alohub.bundle import ROOT
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import fields, statuses

ALOHUB = [webhook for webhook in Specification.load().webhooks.values() if webhook.provider == "alohub"]
PAGE = ROOT / "docs" / "specification.md"


def code(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words) or "-"


def field_rows() -> list[str]:
    return [
        f"| `{field.name}` | {field.type} | {field.description} | {field.left_open or '-'} |"
        for field in fields(ALOHUB[0])
    ]


def status_rows() -> list[str]:
    accepted = {one: None for webhook in reversed(ALOHUB) for one in statuses(webhook)}
    return [
        f"| {one.outcome} | `{one.literal}` | {'assumed' if one.assumed else 'published'} | {code(one.aliases)} |"
        for one in accepted
    ]


def delivery_rows() -> list[str]:
    return [
        f"| {webhook.name} | {name} | {', '.join(map(str, value)) if isinstance(value, list) else value} "
        f"| {policy_of(webhook).assumed.get(name, 'published')} |"
        for webhook in ALOHUB
        for name, value in webhook.delivery.items()
        if name != "assumed"
    ]


@pytest.mark.parametrize("row", [*field_rows(), *status_rows(), *delivery_rows()])
def test_the_page_has_the_row(row: str) -> None:
    assert row in PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("rows", [field_rows(), status_rows(), delivery_rows()], ids=["fields", "statuses", "delivery"])
def test_the_page_has_no_other_rows_in_the_table(rows: list[str]) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    first = lines.index(rows[0])
    assert lines[first : first + len(rows) + 1] == [*rows, ""]


def test_the_example_in_python_runs() -> None:
    source = PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, str(PAGE), "exec"), {})
    assert '/call_status `call_status` is "anwsered"; nearest allowed: `answered`' in printed.getvalue()
