"""Choose between a command about the project on this machine, and the same about a service."""

from __future__ import annotations

from typing import Any, Final

import click

from sparkops.cli.lazy_group import LazyCommand, LazyGroup
from sparkops.errors import InputError

REMOTE_COMMANDS: Final = {
    "run": LazyCommand("sparkops.cli.remote.run", "run"),
    "jobs": LazyCommand("sparkops.cli.remote.jobs", "jobs"),
    "runs": LazyCommand("sparkops.cli.remote.runs", "runs"),
}
# Commands of this machine also where SPARKOPS_REMOTE is set.
_LOCAL: Final = frozenset({"api", "daemon", "doctor", "init"})


class RemoteGroup(LazyGroup):
    """The group of all commands, some of which can also be executed by a service (`--remote URL`)."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command.

        Raises:
            InputError: It cannot be executed by a service.
        """
        if not ctx.params.get("remote") or cmd_name not in self.lazy_commands or _is_local(ctx, cmd_name):
            return super().get_command(ctx, cmd_name)
        if cmd_name not in REMOTE_COMMANDS:
            known = ", ".join(REMOTE_COMMANDS)
            raise InputError(
                f"`sparkops {cmd_name}` needs the project on this machine. With --remote there are {known}; leave out "
                "--remote, or unset SPARKOPS_REMOTE."
            )
        return LazyGroup(lazy_commands=REMOTE_COMMANDS).get_command(ctx, cmd_name)


def _is_local(ctx: click.Context, name: str) -> bool:
    is_variable = ctx.get_parameter_source("remote") is click.core.ParameterSource.ENVIRONMENT
    return name in _LOCAL and is_variable


def make_refused_options(reasons: dict[str, str]) -> list[click.Parameter]:
    """Return options that a service cannot serve, which are refused.

    Args:
        reasons: Why, by option, such as `--each`.
    """

    def refuse(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
        if ctx.get_parameter_source(str(option.name)) is click.core.ParameterSource.COMMANDLINE:
            name = option.opts[0]
            raise InputError(f"{name} cannot be used with --remote: {reasons[name]}.")
        return value

    return [
        click.Option([name], is_flag=False, flag_value="", hidden=True, multiple=True, callback=refuse)
        for name in reasons
    ]


# Options of every command, which choose a project and its settings.
PROJECT_REASONS: Final = {
    "--project": "the service has one project",
    "--env": "the service was started with one environment",
    "--set": "settings are those of the service",
}
