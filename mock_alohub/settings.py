"""Settings: options that are given once, in the environment or in one file, instead of on every command line.

Every option `--status-spelling` is also the variable `MOCK_ALOHUB_STATUS_SPELLING` and the key `status-spelling` in
`mock-alohub.toml`, or in `[tool.mock-alohub]` of `pyproject.toml`, in the folder the command runs in. Keys at the top
hold for every command that knows them, a table such as `[check]` for that command alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mock_alohub.errors import BadOption, UnknownName, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

PREFIX: Final = "MOCK_ALOHUB_"
FILE: Final = "mock-alohub.toml"
PROJECT_FILE: Final = "pyproject.toml"
SECTION: Final = "tool.mock-alohub"

Value = str | int | float | bool | list[str | int | float | bool] | dict[str, str | int | float | bool]
NamesOf = Callable[[str], Collection[str]]


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What a settings file says. `place` names it in messages; `values` are its keys, tables of commands included."""

    place: str
    values: Mapping[str, Any]

    def for_command(self, command: str, commands: Collection[str], names_of: NamesOf) -> dict[str, Value]:
        """The settings of `command`: the keys at the top that it knows, and over them those of its table.

        `commands` are all there are; `names_of` gives the settings that one of them knows. It is asked about the other
        commands only when a key at the top is not known to this one. Raises `UnknownName` for a key no command knows,
        `BadOption` for a value that no setting can have.
        """
        own = names_of(command)
        table = self.values[command] if self._is_table(command, {command}) else {}
        for name in table:
            if name not in own:
                raise UnknownName(f"setting of `{command}`", name, own, hint=f"it stands in {self.place}, [{command}]")
        top = {name: value for name, value in self.values.items() if not self._is_table(name, commands)}
        for name in top.keys() - own:
            known = {one for other in commands for one in names_of(other)}
            if name not in known and isinstance(top[name], dict):
                raise UnknownName("command", name, commands, hint=f"[{name}] stands in {self.place}")
            if name not in known:
                raise UnknownName("setting", name, known, hint=f"it stands in {self.place}")
        chosen = {name: value for name, value in top.items() if name in own} | table
        return {name: self._checked(name, value) for name, value in chosen.items()}

    def _is_table(self, name: str, commands: Collection[str]) -> bool:
        return name in commands and isinstance(self.values.get(name), dict)

    def _checked(self, name: str, value: Any) -> Value:
        inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
        if all(isinstance(one, str | int | float | bool) for one in inner):
            return value  # type: ignore[no-any-return]  # its type was looked at on the line above
        raise BadOption(
            f"`{name}` in {self.place} has a value that no setting has",
            hint="allowed: text, a number, true or false, a list or a table of these",
        )


def variable(setting: str) -> str:
    """The environment variable of a setting: `status-spelling` has `MOCK_ALOHUB_STATUS_SPELLING`."""
    return PREFIX + setting.replace("-", "_").upper()


def find(folder: Path) -> SettingsFile | None:
    """The settings file in `folder`, None when there is none. Raises `Unreadable`.

    `mock-alohub.toml` comes before `pyproject.toml`; only one of them is read. Folders above are not looked at, so
    that a file far away changes nothing unseen.
    """
    own, project = folder / FILE, folder / PROJECT_FILE
    if own.exists():
        return read(own)
    if project.is_file() and b"mock-alohub" in _bytes(project) and _section(project) is not None:
        return read(project)
    return None


def read(path: Path) -> SettingsFile:
    """The settings in the file at `path`. Raises `Unreadable` when it cannot be read or is not TOML."""
    if path.name != PROJECT_FILE:
        return SettingsFile(path.name, _toml(path))
    section = _section(path)
    if section is None:
        raise Unreadable(f"{path} has no [{SECTION}]", hint=f"add the section, or use a {FILE}")
    return SettingsFile(f"{path.name}, [{SECTION}]", section)


def _section(path: Path) -> Mapping[str, Any] | None:
    tools = _toml(path).get("tool", {})
    found = tools.get("mock-alohub") if isinstance(tools, dict) else None
    return found if isinstance(found, dict) else None


def _toml(path: Path) -> dict[str, Any]:
    import tomllib  # here, for a command without a settings file need not wait for it

    try:
        return tomllib.loads(_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}") from None
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"{path} is not TOML: {error}", hint='for example: webhook = ["alohub.call-ended"]') from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
