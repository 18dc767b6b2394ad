from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from mock_alohub.errors import BadOption, UnknownName, Unreadable
from mock_alohub.settings import SettingsFile, find, read, variable

NAMES = {"check": {"seed", "burst", "webhook"}, "send": {"seed", "count"}, "report": {"report"}}


def names_of(command: str) -> Collection[str]:
    return NAMES[command]


def settings_of(command: str, **values: object) -> dict[str, object]:
    return dict(SettingsFile("mock-alohub.toml", values).for_command(command, NAMES, names_of))


def test_a_variable_is_named_after_its_setting() -> None:
    assert variable("status-spelling") == "MOCK_ALOHUB_STATUS_SPELLING"


def test_a_key_at_the_top_holds_for_every_command_that_knows_it() -> None:
    assert settings_of("send", seed=1) == settings_of("check", seed=1) == {"seed": 1}


def test_a_table_holds_for_its_command_alone() -> None:
    assert settings_of("send", check={"burst": 3}) == {}


def test_a_table_comes_before_the_top() -> None:
    assert settings_of("check", seed=1, check={"seed": 2}) == {"seed": 2}


def test_a_key_of_another_command_is_left_to_it() -> None:
    assert settings_of("send", burst=3) == {}


def test_a_key_no_command_knows_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown setting `sed`; did you mean `seed`"):
        settings_of("send", sed=3)


def test_a_table_no_command_has_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown command `chek`; did you mean `check`"):
        settings_of("send", chek={"seed": 3})


def test_a_key_of_another_command_is_unknown_in_a_table() -> None:
    with pytest.raises(UnknownName, match="unknown setting of `send` `burst`"):
        settings_of("send", send={"burst": 3})


def test_a_setting_may_be_named_like_a_command() -> None:
    assert settings_of("report", report=["html=x.html"]) == {"report": ["html=x.html"]}


def test_a_table_may_be_named_like_a_setting() -> None:
    assert settings_of("report", report={"report": ["html=x.html"]}) == {"report": ["html=x.html"]}


def test_a_value_that_no_setting_has_is_refused() -> None:
    with pytest.raises(BadOption, match=r"`seed` in mock-alohub\.toml"):
        settings_of("send", seed=[[1]])


def test_the_file_of_its_own_comes_before_the_project(tmp_path: Path) -> None:
    (tmp_path / "mock-alohub.toml").write_text("seed = 1")
    (tmp_path / "pyproject.toml").write_text("[tool.mock-alohub]\nseed = 2")
    found = find(tmp_path)
    assert found is not None
    assert found.values == {"seed": 1}


def test_a_section_of_the_project_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.mock-alohub]\nseed = 2")
    found = find(tmp_path)
    assert found is not None
    assert (found.place, found.values) == ("pyproject.toml, [tool.mock-alohub]", {"seed": 2})


@pytest.mark.parametrize("text", ["[project]\nname = 'x'", "[project]\ndependencies = ['mock-alohub']", "not toml ["])
def test_a_project_file_without_the_section_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert find(tmp_path) is None


def test_folders_above_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "mock-alohub.toml").write_text("seed = 1")
    (tmp_path / "below").mkdir()
    assert find(tmp_path / "below") is None


def test_a_project_file_that_is_asked_for_must_have_the_section(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]")
    with pytest.raises(Unreadable, match=r"has no \[tool.mock-alohub\]"):
        read(tmp_path / "pyproject.toml")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"seed = ", "is not TOML"), (b"seed = '\xff'", "is not UTF-8: byte 8 is 0xff"), (None, "no such file")],
    ids=["broken", "latin-1", "missing"],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "mock-alohub.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unreadable, match=words):
        read(path)


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "mock-alohub.toml").write_bytes(b"\xef\xbb\xbfseed = 1")
    assert read(tmp_path / "mock-alohub.toml").values == {"seed": 1}
