"""The group of all commands, each of which is imported only when it is run."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from mock_alohub.errors import UnknownName


class LazyGroup(click.Group):
    """Commands by name with the line that says what each is for; `package.NAME.NAME` is where it lies."""

    def __init__(self, *arguments: Any, package: str, verbs: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.package = package
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are shown."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command `cmd_name`, imported now; None when there is none of that name."""
        if cmd_name not in self.verbs:
            return None
        command: click.Command = getattr(importlib.import_module(f"{self.package}.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with. Raises `UnknownName`."""
        if args[0] not in self.verbs and not args[0].startswith("-"):
            raise UnknownName("command", args[0], self.verbs, hint=f"{ctx.command_path} --help lists them")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.verbs.items()))
