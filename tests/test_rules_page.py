"""The page about the rules is what the catalogue says."""

from __future__ import annotations

from tests.rules_page import PAGE, page


def test_the_page_about_the_rules_is_written_from_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
