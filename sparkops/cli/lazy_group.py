"""A click group that imports a command when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from sparkops.cli.command_group import CommandGroup
from sparkops.cli.pydantic_plugins import skip_pydantic_plugins


class LazyCommand(NamedTuple):
    """Where a command is defined, and its line in the list of commands.

    Args:
        module: The module.
        attribute: Name of the command in it.
        summary: The line; by default that of the command, which is imported for it.
    """

    module: str
    attribute: str
    summary: str = ""


class LazyGroup(CommandGroup):
    """A click group of commands that are imported when they are called.

    Args:
        lazy_commands: The command, by name.
    """

    def __init__(
        self, *args: Any, lazy_commands: Mapping[str, LazyCommand] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lazy_commands = dict(lazy_commands or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in their given order."""
        del ctx
        return list(self.lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        del ctx
        if cmd_name not in self.lazy_commands:
            return None
        lazy = self.lazy_commands[cmd_name]
        with skip_pydantic_plugins():
            command: click.Command = getattr(import_module(lazy.module), lazy.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        if not all(command.summary for command in self.lazy_commands.values()):
            super().format_commands(ctx, formatter)
            return
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in self.lazy_commands.items()])
