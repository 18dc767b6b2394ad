from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.cli.running import Done, run


def calls(*arguments: str) -> int:
    return len(generated(*arguments).out.splitlines())


def generated(*arguments: str) -> Done:
    return run("generate", "--seed", "1", *arguments)


def settings(text: str, name: str = "mock-alohub.toml") -> None:
    Path(name).write_text(text)


def test_the_environment_sets_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_COUNT", "3")
    assert calls() == 3


def test_the_file_sets_an_option() -> None:
    settings("count = 4")
    assert calls() == 4


def test_the_project_file_sets_an_option() -> None:
    settings("[tool.mock-alohub]\ncount = 4", "pyproject.toml")
    assert calls() == 4


def test_the_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    settings("count = 4")
    monkeypatch.setenv("MOCK_ALOHUB_COUNT", "3")
    assert calls() == 3


def test_the_command_line_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_COUNT", "3")
    assert calls("--count", "2") == 2


def test_a_table_of_the_verb_comes_before_the_top() -> None:
    settings("count = 4\n[generate]\ncount = 5")
    assert calls() == 5


@pytest.mark.parametrize("place", ["before", "after"])
def test_another_file_can_be_named_before_and_after_the_verb(place: str) -> None:
    settings("count = 4")
    settings("count = 6", "other.toml")
    named, verb = ["--config", "other.toml"], ["generate", "--seed", "1"]
    done = run(*(named + verb if place == "before" else verb + named))
    assert len(done.out.splitlines()) == 6


def test_the_environment_can_name_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    settings("count = 6", "other.toml")
    monkeypatch.setenv("MOCK_ALOHUB_CONFIG", "other.toml")
    assert calls() == 6


def test_a_file_that_is_named_must_be_there() -> None:
    done = generated("--config", "nope.toml")
    assert (done.code, done.err) == (2, "error: cannot read nope.toml: no such file or directory\n")


def test_a_key_that_no_verb_knows_is_answered_with_the_nearest() -> None:
    settings("cuont = 4")
    done = generated()
    assert done.code == 2
    assert done.err == (
        "error: unknown setting `cuont`; did you mean `count`?\n  hint: it stands in mock-alohub.toml\n"
    )


def test_a_key_that_only_another_verb_knows_is_left_to_it() -> None:
    settings("burst = 4\ncount = 2")
    assert calls() == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("count = 'x'", "`count` in mock-alohub.toml is `x`; allowed: a whole number from 1 on"),
        ("count = [1]", "`count` in mock-alohub.toml is a list; allowed: one text or number"),
        ("count = true", "`count` in mock-alohub.toml is true or false; allowed: one text or number"),
        ("outcome = 'bussy'", "unknown outcome `bussy`; did you mean `busy`? (from `outcome` in mock-alohub.toml)"),
        ("webhook = {a = 1}", "`webhook` in mock-alohub.toml is a table; allowed: a list"),
        ("[send]\ndry-run = 1", ""),
    ],
)
def test_a_wrong_value_in_the_file_is_said_to_stand_there(text: str, words: str) -> None:
    settings(text)
    done = generated()
    assert done.err == (f"error: {words}\n" if words else "")
    assert done.code == (2 if words else 0)


def test_a_flag_in_the_file_is_true_or_false() -> None:
    settings("[send]\ndry-run = 1")
    done = run("send", "http://127.0.0.1:1")
    assert done.err == "error: `dry-run` in mock-alohub.toml is a number; allowed: true or false\n"


def test_a_wrong_value_in_the_environment_is_said_to_stand_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_COUNT", "many")
    assert generated().err == "error: `MOCK_ALOHUB_COUNT` is `many`; allowed: a whole number from 1 on\n"


def test_a_wrong_flag_in_the_environment_is_said_to_stand_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_DRY_RUN", "perhaps")
    done = run("send", "http://127.0.0.1:1")
    assert (done.code, done.err.startswith("error: `MOCK_ALOHUB_DRY_RUN`: `perhaps` is not a valid boolean")) == (
        2,
        True,
    )


def test_several_values_in_the_environment_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_STATUS_SPELLING", "busy=besetzt failed=kaputt")
    statuses = {orjson.loads(line)["call_status"] for line in generated("-n", "300").out.splitlines()}
    assert {"besetzt", "kaputt"} < statuses


def test_values_that_hold_spaces_are_lines_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_SET", "userName=Nguyen Van A\nhotline=1900")
    payload = orjson.loads(generated("-n", "1").out)
    assert (payload["userName"], payload["hotline"]) == ("Nguyen Van A", "1900")


def test_pairs_are_a_table_in_the_file() -> None:
    settings("[generate]\ncount = 1\n[generate.set]\nhotline = '1900'\nobjectId = 7")
    payload = orjson.loads(generated().out)
    assert (payload["hotline"], payload["objectId"]) == ("1900", 7)


def test_one_value_in_the_file_stands_for_a_list_of_one() -> None:
    settings("webhook = 'alohub.auto-call'\ncount = 1")
    assert calls("--outcome", "answered") == 2


def test_the_url_is_a_setting_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_URL", "http://127.0.0.1:1/hook")
    assert "http://127.0.0.1:1/hook" in run("send", "--dry-run").out


def test_help_is_given_even_where_the_file_is_broken() -> None:
    settings("not toml [")
    assert run("check", "--help").code == 0
