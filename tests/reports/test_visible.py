from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.reports.visible import UNSEEN, all_visible, one_line, visible

STEERING = {"Cc", "Cs", "Zl", "Zp"}
DIRECTION = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_every_character_that_steers_unseen_is_known() -> None:
    missed = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if (unicodedata.category(chr(code)) in STEERING or unicodedata.bidirectional(chr(code)) in DIRECTION)
        and chr(code) not in "\t\n"
        and not UNSEEN.match(chr(code))
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u2028b", r"a\u2028b"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
        ("a\rb", r"a\x0db"),
        ("a\r\nb", "a\nb"),
        ("a\tb\n", "a\tb\n"),
        ("##[error]", r"\x23#[error]"),
        ("## heading", "## heading"),
    ],
)
def test_it_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["Nguyễn Thị Hồng Đào", "Nguye\u0302\u0303n", "👩\u200d💻 ok", "你好", "العربية"])
def test_text_as_people_write_it_stays(text: str) -> None:
    assert visible(text) == text


def test_one_line_is_one_line() -> None:
    assert one_line("a\nb\tc") == r"a\nb\tc"


def test_a_record_is_made_visible_down_to_its_keys() -> None:
    shown: object = all_visible({"\x00": [["\x01", 1]], "n": None})
    assert shown == {r"\x00": [[r"\x01", 1]], "n": None}


@given(st.text())
def test_visible_text_is_left_alone_the_second_time(text: str) -> None:
    assert visible(visible(text)) == visible(text)
