"""What a verb of the command line is: a command whose options may also come from the environment and from a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from mock_alohub import settings
from mock_alohub.cli.option import FILE_OF, Argument, FilePath, Option
from mock_alohub.errors import BadOption, UnknownName

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT: Final[Mapping[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_COMMON: Final = frozenset({"config", "help"})
_COLUMN: Final = 22
EPILOG: Final = (
    "Every option --SOME-NAME can also be set as MOCK_ALOHUB_SOME_NAME in the environment, or as some-name in "
    "mock-alohub.toml or [tool.mock-alohub] of pyproject.toml."
)


class Verb(click.Command):
    """A verb: reads its settings before its options, and says in our words what is wrong with a command line.

    `lists` are shown at the end of its help, each under its title: names and what they mean. `reads_settings` is false
    for a verb none of whose options is a setting.
    """

    def __init__(
        self,
        *arguments: Any,
        lists: Mapping[str, Mapping[str, str]] | None = None,
        reads_settings: bool = True,
        **attributes: Any,
    ) -> None:
        attributes.setdefault("context_settings", dict(CONTEXT))
        attributes.setdefault("epilog", EPILOG if reads_settings else "")
        super().__init__(*arguments, **attributes)
        if reads_settings:
            # Eager options are read in this order, and each of them may stand in the file.
            self.params.insert(0, _config_option())
        self.lists = lists or {}

    @property
    def settings(self) -> dict[str, Option | Argument]:
        """The options and arguments that have a name in the environment and in the file, by that name."""
        found = [param for param in self.params if isinstance(param, Option | Argument)]
        return {param.setting: param for param in found if param.setting != "config"}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options; a long one has a line of its own, so that the texts keep their room."""
        records = [record for param in _config_last(self.get_params(ctx)) if (record := param.get_help_record(ctx))]
        options = [(name, text) for name, text in records if name.startswith("-")]
        with formatter.section("Options"):
            formatter.write_dl(options, col_max=_COLUMN)
        for title, names in self.lists.items():
            with formatter.section(title):
                formatter.write_dl(list(names.items()))
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def make_parser(self, ctx: click.Context) -> Any:
        """The parser; arguments that are left over are for `parse_args` to complain about."""
        ctx.allow_extra_args = True
        return super().make_parser(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse. Raises `BadOption` for arguments that are too many, without repeating them: one may be a key."""
        super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            taken = [param.human_readable_name for param in self.params if isinstance(param, click.Argument)]
            wanted = f"takes {' '.join(taken)}" if taken else "takes none"
            count = len(ctx.args)
            raise BadOption(
                f"{count} argument{'s'[: count > 1]} too many: `{ctx.command_path}` {wanted} and options",
                hint="put quotes around a value that holds spaces",
            )
        return ctx.args


class VerbGroup(Verb, click.Group):
    """A verb that does something itself and has verbs below it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; what is left over names the verb below."""
        return click.Group.parse_args(self, ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb below that `args` begin with. Raises `UnknownName`."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownName("command", args[0], self.commands, hint=f"{ctx.command_path} --help lists them")
        return super().resolve_command(ctx, args)


def _config_last(params: Sequence[click.Parameter]) -> list[click.Parameter]:
    """`params` with the options that every verb has at their end."""
    return sorted(params, key=lambda param: ("config", "help").index(param.name) if param.name in _COMMON else -1)


def _config_option() -> Option:
    return Option(
        ["--config"],
        type=FilePath(),
        metavar="FILE",
        help="Read settings from FILE.  [default: mock-alohub.toml or pyproject.toml here]",
        is_eager=True,
        expose_value=False,
        callback=_load,
    )


def _load(ctx: click.Context, param: click.Parameter, path: Path | None) -> None:
    """Put what the settings file says below what the command line and the environment say."""
    if ctx.resilient_parsing:
        return
    from pathlib import Path  # here, for help need not wait for it

    above = ctx.parent.params.get("config") if ctx.parent else None
    place = path or above
    file = settings.read(place) if place else settings.find(Path.cwd())
    command = ctx.command
    if file is None or not isinstance(command, Verb) or ctx.info_name is None:
        return
    ctx.meta[FILE_OF] = file
    chosen = file.for_command(ctx.info_name, _verbs(ctx), lambda verb: _names(ctx, verb))
    ctx.default_map = {
        command.settings[name].name: command.settings[name].from_file(value, file) for name, value in chosen.items()
    }


def _verbs(ctx: click.Context) -> Collection[str]:
    group = _group(ctx)
    return group.list_commands(ctx) if group else ()


def _names(ctx: click.Context, verb: str) -> Collection[str]:
    group = _group(ctx)
    command = ctx.command if verb == ctx.info_name else group.get_command(ctx, verb) if group else None
    return command.settings.keys() if isinstance(command, Verb) else ()


def _group(ctx: click.Context) -> click.Group | None:
    above = ctx.parent.command if ctx.parent else None
    return above if isinstance(above, click.Group) else None
