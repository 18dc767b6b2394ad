from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_alohub.load.reports.html import again, render
from tests.load.records import RECORDS, breaking, capacity, holding, hostile, interrupted
from tests.reports.test_html import CHROMIUM, OWN_ATTRIBUTES, OWN_ELEMENTS, Elements

ELEMENTS = OWN_ELEMENTS | {"table", "caption", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = OWN_ATTRIBUTES | {"scope", "preserveaspectratio"}


@pytest.mark.parametrize("name", RECORDS)
def test_the_page_holds_its_own_elements_alone(name: str) -> None:
    found = Elements(render(RECORDS[name]()))
    assert found.names - ELEMENTS == set()
    assert found.attributes - ATTRIBUTES == set()


@pytest.mark.parametrize("name", RECORDS)
def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(name: str) -> None:
    text = render(RECORDS[name]())
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert {link for link in Elements(text).links if not link.startswith("#")} == set()


@pytest.mark.parametrize("name", RECORDS)
def test_every_id_is_there_once(name: str) -> None:
    ids = re.findall(r' id="([^"]*)"', render(RECORDS[name]()))
    assert len(ids) == len(set(ids))


def test_the_verdict_stands_in_big_words() -> None:
    assert "<h1>Does not hold 200 calls/s</h1>" in render(breaking())


def test_every_picture_has_words_for_who_cannot_see_it() -> None:
    text = render(breaking())
    pictures = re.findall(r'role="img" aria-labelledby="(chart-\w+)"', text)
    assert len(pictures) == 4
    assert all(f'<title id="{name}">' in text for name in pictures)


def test_a_search_shows_every_step_and_the_knee() -> None:
    text = render(capacity())
    assert 'id="chart-knee"' in text
    assert text.count('<tr><th scope="row">') >= 9


def test_a_broken_limit_is_told_by_a_word_and_not_by_colour_alone() -> None:
    row = next(line for line in render(breaking()).splitlines() if line.startswith('<tr><th scope="row">late</th>'))
    assert row.endswith("broken</td></tr>")


def test_limits_are_not_judged_where_the_generator_was_the_bottleneck() -> None:
    assert render(RECORDS["bottleneck"]()).count("not judged") == 4


def test_a_run_without_retries_does_not_speak_of_them() -> None:
    record = holding()
    record["plan"]["retries"] = False
    text = render(record)
    assert [word for word in ("lost for good", '<th scope="row">retries</th>', "delivered") if word in text] == []


def test_the_page_of_an_interrupted_run_is_whole() -> None:
    assert render(interrupted()).rstrip().endswith("</html>")


def test_the_command_to_offer_it_again_has_what_matters() -> None:
    assert again(breaking()) == (
        "mock-alohub load https://crm.example.vn/hooks/alohub --webhook alohub.call-ended --rate 200 --duration 60s "
        "--profile steady --arrivals poisson --seed 42 --time-scale 10 --workers 2 --max-p99 2000ms"
    )
    assert "--find-capacity" in again(capacity())


@settings(max_examples=30)  # a page takes some milliseconds
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("<>\"'&`/=-!"))))
def test_no_text_becomes_an_element(text: str) -> None:
    record = breaking()
    record["reason"] = record["target"]["url"] = record["started_at"] = text
    record["causes"] = [{"cause": text, "count": 1}]
    record["notes"], record["unsent"] = [text], {text: 1}
    found = Elements(render(record))
    assert found.names - ELEMENTS == set()
    assert found.attributes - ATTRIBUTES == set()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_browser_finds_no_element_of_a_hostile_endpoint(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(hostile()), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    options += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'user'}"]
    command = [str(CHROMIUM), *options, "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, timeout=50, check=True).stdout.decode()
    found = Elements(dom)
    assert found.names - ELEMENTS == set()
    assert found.attributes - ATTRIBUTES == set()
