"""What an option is: a flag that is also an environment variable and a key of the settings file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from mock_alohub.errors import BadOption, Mistake, UnknownName
from mock_alohub.settings import variable

if TYPE_CHECKING:
    from pathlib import Path

    from mock_alohub.settings import SettingsFile, Value

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # no generic before click 8.5

FILE_OF: Final = "mock_alohub.settings_file"
"""Where a context keeps the settings file that its values may come from."""
_TEXTS: Final = "mock_alohub.texts"
"""Where a context keeps the values that were given, as they were written."""


class _Told(BadOption):
    """A mistake that already says where the value came from."""


class Setting:
    """What options and arguments have in common: where a value came from is said when something is wrong with it."""

    name: str
    setting: str

    def spelled(self, ctx: click.Context | None) -> str:
        """What the user wrote it as: the flag, the variable, or the key and the file it stands in."""
        source = ctx.get_parameter_source(self.name) if ctx else None
        if source is ParameterSource.ENVIRONMENT:
            return f"`{variable(self.setting)}`"
        if source is ParameterSource.DEFAULT_MAP and ctx and FILE_OF in ctx.meta:
            return f"`{self.setting}` in {ctx.meta[FILE_OF].place}"
        return self.flag

    @property
    def flag(self) -> str:
        """How it is given on the command line."""
        return f"`--{self.setting}`"

    def told(self, error: Exception, ctx: click.Context) -> Mistake:
        """`error`, found in a value, as a mistake that says where the value came from."""
        spelled = self.spelled(ctx)
        if isinstance(error, Mistake):
            if type(error) is BadOption:  # says what is wrong with the value, and not whose value it is
                error.message = f"{spelled}: {error.message}"
            elif not isinstance(error, _Told) and spelled != self.flag:
                error.message += f" (from {spelled})"
            return error
        if isinstance(error, click.BadParameter):
            return BadOption(f"{spelled}: {error.message.replace(chr(39), '`').removesuffix('.')}")
        raise error


class Option(Setting, click.Option):
    """An option. `lines`: where several values stand in one variable, each has a line of its own, not a word.

    `pair` is what stands between the parts of a value such as `NAME=VALUE`; the file may then hold a table.
    """

    def __init__(self, declarations: Sequence[str], *, lines: bool = False, pair: str = "", **attributes: Any) -> None:
        super().__init__(declarations, **attributes)
        self.setting = max(self.opts, key=len).removeprefix("--")
        self.envvar = self.envvar or variable(self.setting)
        self.lines = lines
        self.pair = pair

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """The value in the environment, as several where the option may be repeated."""
        text = self.resolve_envvar_value(ctx)
        if text is None or not self.multiple:
            return super().value_from_envvar(ctx)
        return [one.strip() for one in (text.splitlines() if self.lines else text.split()) if one.strip()]

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """The value, parsed. Raises a `Mistake` that says where it came from."""
        try:
            parsed = super().type_cast_value(ctx, value)
        except (Mistake, click.BadParameter) as error:
            raise self.told(error, ctx) from None
        if ctx.get_parameter_source(self.name) is not ParameterSource.DEFAULT:
            ctx.meta.setdefault(_TEXTS, {})[self.setting] = parsed if self.is_flag else value
        return parsed

    def from_file(self, value: Value, file: SettingsFile) -> Any:
        """What `value` of a settings file means. Raises `BadOption` for a value of the wrong kind."""
        if self.multiple:
            if isinstance(value, dict) and self.pair:
                return [f"{name}{self.pair}{_text(one)}" for name, one in value.items()]
            if not isinstance(value, dict):
                return [_text(one) for one in (value if isinstance(value, list) else [value])]
        elif self.is_flag and isinstance(value, bool):
            return value
        elif not self.is_flag and not isinstance(value, bool | list | dict):
            return str(value)
        wanted = "true or false" if self.is_flag else "a list" if self.multiple else "one text or number"
        raise BadOption(f"`{self.setting}` in {file.place} is {_kind(value)}; allowed: {wanted}")


class Argument(Setting, click.Argument):
    """An argument that may also be set in the environment or in the file."""

    def __init__(self, declarations: Sequence[str], **attributes: Any) -> None:
        super().__init__(declarations, **attributes)
        self.setting = self.name
        self.envvar = variable(self.setting)

    @property
    def flag(self) -> str:
        """How it is given on the command line."""
        return self.human_readable_name

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """The value, parsed. Raises a `Mistake` that says where it came from."""
        try:
            return super().type_cast_value(ctx, value)
        except (Mistake, click.BadParameter) as error:
            raise self.told(error, ctx) from None

    def from_file(self, value: Value, file: SettingsFile) -> Any:
        """What `value` of a settings file means."""
        if not isinstance(value, str):
            raise BadOption(f"`{self.setting}` in {file.place} is {_kind(value)}; allowed: one text")
        return value


class Parsed(ParamType):
    """A type of value that a function reads from text; the function raises a `Mistake` for what it does not allow."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The parsed value; one that was parsed already stays as it is."""
        return self._parse(value) if isinstance(value, str) else value


class FilePath(click.Path):
    """The path of a file or folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Raises `click.BadParameter` for one of the wrong kind."""
        from pathlib import Path  # here, for it takes longer to import than all options of a verb to be declared

        return Path(os.fsdecode(super().convert(value, param, ctx)))


def one_of(kind: str, allowed: Iterable[str]) -> Parsed:
    """A value from a list; another is answered with the nearest."""
    names = tuple(allowed)

    def parse(text: str) -> str:
        if text not in names:
            raise UnknownName(kind, text, names)
        return text

    return Parsed("|".join(names), parse)


class WholeNumber(ParamType):
    """A whole number from `least` to `most`."""

    name = "N"

    def __init__(self, least: int, most: int | None = None) -> None:
        self.least = least
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number. Raises `BadOption`."""
        text = str(value).strip()
        # isdecimal alone would take digits of other scripts, and int() takes underscores and blanks.
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdecimal() and len(digits) < 20:
            number = int(text)
            if self.least <= number and (self.most is None or number <= self.most):
                return number
        spelled = param.spelled(ctx) if isinstance(param, Setting) else "the number"
        upper = f"to {self.most:,}" if self.most is not None else "on"
        raise _Told(f"{spelled} is `{text}`; allowed: a whole number from {self.least:,} {upper}")


def words_given(ctx: click.Context, settings: Iterable[str]) -> list[str]:
    """Those of the options `settings` that were given, wherever that was, as words of a command line."""
    texts = ctx.meta.get(_TEXTS, {})
    words: list[str] = []
    for name in settings:
        value = texts.get(name, ())
        if isinstance(value, bool):
            words += [f"--{name}"] if value else []
        else:
            for one in value if isinstance(value, list | tuple) else [value]:
                words += [f"--{name}", str(one)]
    return words


option = partial(click.option, cls=Option)
argument = partial(click.argument, cls=Argument)


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(value: Value) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return kinds[type(value)]
