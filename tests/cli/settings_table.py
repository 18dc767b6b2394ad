"""The table of settings in `docs/configuration.md`; `python -m tests.cli.settings_table` prints it as it should be."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import click

from mock_alohub.cli import VERBS
from mock_alohub.cli.option import Argument, Option
from mock_alohub.cli.verb import Verb

HEAD = ("| setting | variable | in the file | verbs (default) |", "|---|---|---|---|")


def verbs() -> Iterator[tuple[str, Verb]]:
    """Every verb there is, by name."""
    for name in VERBS:
        verb = getattr(importlib.import_module(f"mock_alohub.cli.{name}"), name)
        assert isinstance(verb, Verb)
        yield name, verb


def rows() -> list[str]:
    """The table, line by line."""
    found: dict[str, dict[str, Option | Argument]] = {}
    for name, verb in verbs():
        for key, setting in verb.settings.items():
            found.setdefault(key, {})[name] = setting
    return [*HEAD, *(_row(key, users) for key, users in sorted(found.items()))]


def _row(key: str, users: dict[str, Option | Argument]) -> str:
    one = next(iter(users.values()))
    names = ", ".join(f"{verb}{_default(setting)}" for verb, setting in users.items())
    return f"| `{key}` | `{one.envvar}` | {_kind(one)} | {names} |"


def _kind(setting: Option | Argument) -> str:
    if isinstance(setting, Option) and setting.is_flag:
        return "true or false"
    if isinstance(setting, Option) and setting.multiple:
        return "list or table" if setting.pair else "list"
    return "text or number"


def _default(setting: Option | Argument) -> str:
    value = setting.get_default(click.Context(click.Command("x")))
    if value in (None, (), False) or not isinstance(value, str | int | tuple):
        return ""
    return f" ({', '.join(value) if isinstance(value, tuple) else value})"


if __name__ == "__main__":
    print("\n".join(rows()))
