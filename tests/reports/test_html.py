from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_alohub.reports.html import render
from tests.reports.records import RECORDS, crashed, failing, finding, hostile, interrupted, passing, unreachable

_ELEMENTS = """
html head meta title style body svg symbol path use main header p h1 h2 h3 dl div dt dd span section b article
details summary pre code rect text ul li footer i time a
"""
_ATTRIBUTES = """
lang charset http-equiv content name class viewbox role aria-label aria-hidden aria-labelledby width height id d
href x y text-anchor datetime
"""
OWN_ELEMENTS = set(_ELEMENTS.split())
OWN_ATTRIBUTES = set(_ATTRIBUTES.split())


class Elements(HTMLParser):
    """Names of elements and attributes, and where links lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name == "href"}


@pytest.mark.parametrize("name", RECORDS)
def test_the_page_holds_its_own_elements_alone(name: str) -> None:
    found = Elements(render(RECORDS[name]()))
    assert found.names - OWN_ELEMENTS == set()
    assert found.attributes - OWN_ATTRIBUTES == set()


@pytest.mark.parametrize("name", RECORDS)
def test_links_stay_inside_the_page(name: str) -> None:
    assert {link for link in Elements(render(RECORDS[name]())).links if not link.startswith("#")} == set()


@pytest.mark.parametrize("name", RECORDS)
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    text = render(RECORDS[name]())
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_forbids_itself_all_but_its_styles() -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', render(hostile()))
    assert policy is not None
    assert policy[1].split("; ")[:3] == ["default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pass", "The contract is kept"),
        ("fail", "The contract is broken"),
        ("unreachable", "The endpoint could not be reached"),
        ("interrupted", "The check was interrupted"),
    ],
)
def test_the_verdict_stands_in_big_words(name: str, words: str) -> None:
    assert f"<h1>{words}</h1>" in render(RECORDS[name]())


def test_a_finding_holds_what_was_sent_and_the_command_to_copy() -> None:
    text = render(failing())
    assert "Nguyễn Thị Hồng" in text
    assert "curl -si https://crm.example.vn/hooks/alohub -H &#34;Authorization: $MOCK_ALOHUB_KEY&#34;" in text


def test_every_finding_is_there() -> None:
    findings = sum(len(rule["findings"]) for rule in failing()["rules"])
    assert render(failing()).count('class="finding"') == findings


def test_every_rule_is_there() -> None:
    text = render(failing())
    assert [rule["id"] for rule in failing()["rules"] if rule["id"] not in text] == []


def test_skipped_rules_say_why() -> None:
    assert "needs --effects, which says how" in render(passing())


def test_assumptions_are_told() -> None:
    assert "the provider speaks of growing gaps without their lengths" in render(passing())


def test_backticks_become_code() -> None:
    assert "call_status <code>missed</code>" in render(failing())


def test_a_crash_is_told_as_a_defect_of_the_tool() -> None:
    assert "That is a defect of mock-alohub and says nothing about the endpoint." in render(crashed())


def test_without_samples_there_is_no_picture() -> None:
    assert "<h2>Latency</h2>" not in render(unreachable())
    assert "<h2>Latency</h2>" in render(interrupted())


def test_the_command_to_check_again_quotes_the_url() -> None:
    record = passing()
    record["target"]["url"] = "http://127.0.0.1/a?b=1&c=$(reboot)"
    assert "mock-alohub check &#39;http://127.0.0.1/a?b=1&amp;c=$(reboot)&#39; --seed 42" in render(record)


@settings(max_examples=40)  # a page takes some milliseconds
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("<>\"'&`/=-!"))))
def test_no_text_becomes_an_element(text: str) -> None:
    record = passing()
    rule = record["rules"][0]
    rule["outcome"], rule["findings"], rule["id"] = "fail", [finding(text, text, text, text, body=text)], text
    record["reason"] = record["target"]["url"] = record["started_at"] = text
    found = Elements(render(record))
    assert found.names - OWN_ELEMENTS == set()
    assert found.attributes - OWN_ATTRIBUTES == set()


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_browser_finds_no_element_of_a_hostile_endpoint(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(hostile()), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    options += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'user'}"]
    command = [str(CHROMIUM), *options, "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, timeout=120, check=True).stdout.decode()
    found = Elements(dom)
    assert "The contract is broken" in dom
    assert found.names - OWN_ELEMENTS == set()
    assert found.attributes - OWN_ATTRIBUTES == set()
