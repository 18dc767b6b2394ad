from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from mock_alohub.cli import VERBS, group
from mock_alohub.cli.check import check
from mock_alohub.cli.settings_template import OF_A_STARTER, SECTIONS, Line, Section, _section, settings_text
from mock_alohub.cli.starter import EFFECTS, URL
from mock_alohub.settings import FILE
from tests.cli.running import process, run

EMPTY = settings_text({})
UNCOMMENTED = re.sub(r"^#(?=[a-z])", "", EMPTY, flags=re.MULTILINE)
DEFAULTS = [
    (section.table or section.verb.name, line.setting)
    for section in SECTIONS for line in section.lines if line.example is None
]  # fmt: skip
WITH_SETTINGS = ("check", "load", "send", "generate", "serve", "healthcheck")
each_verb = pytest.mark.parametrize("verb", WITH_SETTINGS)


def parsed(verb: str, text: str = "") -> dict[str, Any]:
    """The options of `verb` as it reads them from a settings file that holds `text`."""
    Path(FILE).write_text(text)
    command = group.get_command(click.Context(group), verb)
    assert command is not None
    needs_url = verb in {"check", "load", "send"} and "url" not in tomllib.loads(text)
    url = ["http://127.0.0.1:1"] if needs_url else []
    return command.make_context(verb, url, parent=click.Context(group, info_name="mock-alohub")).params


def test_nothing_is_set_but_what_keeps_a_default() -> None:
    assert tomllib.loads(EMPTY) == {
        "check": {}, "load": {}, "serve": {}, "healthcheck": {"url": "http://127.0.0.1:8080"},
    }  # fmt: skip


@each_verb
def test_as_it_is_written_it_changes_nothing(verb: str) -> None:
    assert _plain(parsed(verb, EMPTY)) == _plain(parsed(verb))


@each_verb
def test_every_setting_can_be_set_as_it_is_shown(verb: str) -> None:
    assert parsed(verb, UNCOMMENTED)


def test_every_setting_is_shown_once_in_its_table() -> None:
    found = tomllib.loads(UNCOMMENTED)
    shown = {(table, name) for table in VERBS for name in found.get(table, {})}
    shown |= {("", name) for name, value in found.items() if name not in VERBS}
    assert shown == {(section.table, line.setting) for section in SECTIONS for line in section.lines}


@pytest.mark.parametrize(("verb", "setting"), DEFAULTS)
def test_a_default_is_that_of_the_option(verb: str, setting: str) -> None:
    command = group.get_command(click.Context(group), verb)
    (name,) = [param.name for param in command.params if getattr(param, "setting", "") == setting]  # type: ignore[union-attr]
    assert name is not None
    assert _plain(parsed(verb, UNCOMMENTED))[name] == _plain(parsed(verb))[name]


def test_a_setting_that_no_verb_knows_any_more_is_noticed() -> None:
    with pytest.raises(KeyError):
        list(_section(Section("check", check, (Line("no-such-setting"),)), {}))


def test_a_setting_with_neither_default_nor_example_is_noticed() -> None:
    with pytest.raises(ValueError, match="seed"):
        list(_section(Section("check", check, (Line("seed"),)), {}))


def test_every_setting_has_a_line_that_says_what_it_is_for() -> None:
    lines = EMPTY.splitlines()
    settings = [number for number, line in enumerate(lines) if re.match(r"#?[a-z]", line)]
    assert len(settings) > 30
    assert [lines[number] for number in settings if not lines[number - 1].startswith("# ")] == []


def test_an_example_is_told_from_a_default() -> None:
    assert '. For example:\n#skip-rule = ["' in EMPTY
    assert "alone.\n#insecure = false" in EMPTY


def test_the_key_is_no_setting_of_it() -> None:
    assert not re.search(r"^#?(key|token|api-key)", EMPTY, re.MULTILINE)
    assert "export MOCK_ALOHUB_KEY=" in EMPTY


def test_no_line_is_wider_than_an_editor_shows() -> None:
    assert max(map(len, EMPTY.splitlines())) <= 105


def test_of_a_starter_endpoint_and_effects_are_set() -> None:
    text = settings_text(OF_A_STARTER)
    found = parsed("check", text)
    assert (str(found["url"]), found["effects"]) == (URL, EFFECTS)
    assert str(parsed("serve", text)["url"]) == URL


def test_a_healthcheck_asks_the_server_and_not_the_endpoint() -> None:
    assert str(parsed("healthcheck", settings_text(OF_A_STARTER))["url"]) == "http://127.0.0.1:8080/"


def test_the_check_takes_the_url_of_the_file(closed_port: int) -> None:
    Path(FILE).write_text(settings_text({("", "url"): f"http://127.0.0.1:{closed_port}/hook"}))
    done = run("check")
    assert (done.code, f"http://127.0.0.1:{closed_port}/hook" in done.out) == (3, True)


def test_a_check_without_a_url_says_where_one_can_be_set() -> None:
    assert "or set `url` in mock-alohub.toml" in process("check").err


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if name == "url" else value for name, value in params.items()}
