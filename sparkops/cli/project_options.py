"""What every command takes: which project, which environment, which settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sparkops.engine import Engine


@dataclass(frozen=True, slots=True)
class Where:
    """A project and how it is configured for this command."""

    project: Path | None = None
    env: str | None = None
    overrides: tuple[str, ...] = ()

    def engine(self, **options: Any) -> Engine:
        """Return an engine on the project; nothing is started."""
        from sparkops.engine import Engine

        return Engine(self.project, env=self.env, overrides=self.overrides, wait=False, **options)


def options(*, but: str = "") -> list[click.Option]:
    """Return the options of every command but the one of that name, made anew."""
    every = [
        click.Option(
            ["--project", "project"],
            type=click.Path(path_type=Path),
            help="Folder of the project; else this folder or the nearest above it with conf/ and jobs/.",
        ),
        click.Option(
            ["--env", "env"], metavar="NAME", help="Environment: conf/<env>/ is laid over conf/base/."
        ),
        click.Option(
            ["--set", "overrides"],
            multiple=True,
            metavar="KEY=VALUE",
            help="Set one setting: spark.master=local[4].",
        ),
        click.Option(["--debug"], is_flag=True, help="Show the stack trace of an error."),
    ]
    return [option for option in every if option.name != but]


def take(values: dict[str, Any]) -> Where:
    """Take the common options out of a command's values."""
    values.pop("debug", None)  # `main` reads it
    return Where(values.pop("project", None), values.pop("env", None), tuple(values.pop("overrides", ())))


def newest(told: str) -> Callable[[Any], Any]:
    """Return the option of how many a list shows."""
    return click.option(
        "--limit", default=20, type=click.IntRange(1), show_default=True, metavar="NUMBER", help=told
    )


def common(command: Callable[..., Any], *, but: str = "") -> Callable[..., Any]:
    """Give a command the common options but the one of that name; it is handed a `Where` first."""

    @wraps(command)
    def told(*args: Any, **values: Any) -> Any:
        return command(take(values), *args, **values)

    mine = getattr(command, "__click_params__", [])
    told.__click_params__ = [*reversed(options(but=but)), *mine]  # type: ignore[attr-defined]
    return told
