from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.reports.markdown import ROOM, code, fence, render
from mock_alohub.reports.record import Record
from tests.reports.records import HOSTILE, RECORDS, crashed, failing, finding, hostile, passing

OWN_TAGS = {"details", "/details", "summary", "/summary", "b", "/b", "code", "/code"}
SPAN = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def outside_code(text: str) -> list[str]:
    """The lines outside fenced blocks, code spans taken out, as CommonMark delimits them."""
    lines: list[str] = []
    open_ticks = 0
    for line in text.split("\n"):
        ticks = len(line) - len(line.lstrip("`"))
        if open_ticks:
            if ticks >= open_ticks and not line.strip("`").strip():
                open_ticks = 0
        elif ticks >= 3:
            open_ticks = ticks
        else:
            lines.append(SPAN.sub("", line))
    assert open_ticks == 0, "a fence is left open"
    return lines


def live(record: Record) -> list[str]:
    """Whatever GitHub would make something of, and which the report does not write itself."""
    lines = outside_code(render(record))
    found = [tag for line in lines for tag in re.findall(r"<([^>\s]*)", line) if tag not in OWN_TAGS]
    found += [line for line in lines if line.startswith("#") and not line.startswith("## ")]
    found += re.findall(r"@\w+|https?://\w+|#\d+|www\.", "\n".join(lines))
    # Within a line that is HTML, Markdown is not read.
    prose = [re.sub(r"\\[!-/:-@[-`{-~]", "", line) for line in lines if not line.startswith("<summary>")]
    return found + re.findall(r"\]\(|!\[|\[\w", "\n".join(prose))


def test_the_verdict_is_the_heading() -> None:
    assert render(failing()).startswith("## ❌ The contract is broken\n\n3 MUST rules are broken")


def test_families_are_a_table_of_what_came_of_them() -> None:
    assert "| rules | ✅ kept | ❌ broken | ⚠️ warning | ➖ skipped |" in render(failing())  # noqa: RUF001
    assert "| `ack` | 5 | 2 |  |  |" in render(failing())


def test_every_broken_rule_is_folded_in() -> None:
    assert render(failing()).count("<details>\n<summary>") == render(failing()).count("</details>") == 5


def test_a_crash_is_no_word_about_the_endpoint() -> None:
    assert "the rule itself failed, which says nothing about the endpoint" in render(crashed())


@pytest.mark.parametrize("name", RECORDS)
def test_nothing_is_live_that_the_report_did_not_write(name: str) -> None:
    assert live(RECORDS[name]()) == []


def test_a_comment_on_github_holds_the_report() -> None:
    record = failing()
    for rule in record["rules"]:
        rule["outcome"], rule["findings"] = "fail", [finding("case", "got", "wanted", "hint", body="`" * 4096)] * 9
    text = render(record)
    assert len(text) <= ROOM + 200
    assert re.search(r"… and \d+ more rules: the HTML and the JSON report hold all of them", text)
    assert live(record) == []


@pytest.mark.parametrize("text", ["`", "``", "a`b", "```", "", " x ", "`x`"])
def test_no_text_ends_a_code_span(text: str) -> None:
    assert SPAN.fullmatch(code(text))


@pytest.mark.parametrize("text", ["```", "````\nx", "~~~", "x\n`````\n", *HOSTILE.values()])
def test_no_text_ends_a_fence(text: str) -> None:
    assert outside_code(fence(text)) == []


def test_paired_backticks_become_code() -> None:
    assert "**call_status `missed`** (`alohub.call-ended`)" in render(failing())


def test_names_with_underscores_stay_readable() -> None:
    assert "status spellings (every webhook): only `answered` is published; no_answer, busy" in render(passing())


def test_a_bar_does_not_end_a_cell() -> None:
    record = passing()
    record["rules"][0]["family"] = "a|b"
    assert r"| `a\|b` |" in render(record)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("`<>@#[]()!|\n\\&*_~:/w."))))
def test_no_text_at_all_becomes_live(text: str) -> None:
    record = passing()
    rule = record["rules"][0]
    rule["outcome"], rule["findings"] = "fail", [finding(text, text, text, text, body=text, detail=text)]
    record["reason"] = record["target"]["url"] = text
    record["notes"] = [text]
    record["contract"]["assumed"] = {text: text}
    assert live(record) == []


def test_a_parser_of_markdown_finds_no_markup_of_the_endpoint() -> None:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    tokens = [inner for token in parser.parse(render(hostile())) for inner in (token, *(token.children or []))]
    kinds = {token.type for token in tokens}
    assert kinds.isdisjoint({"link_open", "image", "html_inline"})
    assert {token.tag for token in tokens if token.type == "heading_open"} == {"h2"}
    html = "".join(token.content for token in tokens if token.type == "html_block")
    assert set(re.findall(r"<([^>\s]*)", html)) <= OWN_TAGS
