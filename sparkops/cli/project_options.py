"""The options that every command takes: which project, which environment, which settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from itertools import pairwise
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.echo import hide
from sparkops.cli.pydantic_plugins import skip_pydantic_plugins
from sparkops.errors import InputError, ProjectError

if TYPE_CHECKING:
    from sparkops.config.settings import Settings
    from sparkops.engine import Engine
    from sparkops.engine.listener import RunListener
    from sparkops.registry.registry import Registry


# Types of options: the number of a version, which Delta stores in 64 bits; and how many of something are shown or done.
VERSION = click.IntRange(0, (1 << 63) - 1)
COUNT = click.IntRange(1, 1 << 31)


class FiniteRange(click.FloatRange):
    """A range of numbers that refuses NaN, which click accepts in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number of a text, or refuse it."""
        number: float = super().convert(value, param, ctx)
        return self.fail(f"{value!r} is not a number.", param, ctx) if isnan(number) else number


@dataclass(frozen=True, slots=True)
class ProjectOptions:
    """The project of a command and its configuration.

    Args:
        project: Folder of the project; None finds it from the working folder.
        env: Environment.
        overrides: Settings as `key=value` texts.
    """

    project: Path | None = None
    env: str | None = None
    overrides: tuple[str, ...] = ()

    def open_engine(self, listener: RunListener | None = None) -> Engine:
        """Return an engine on the project; nothing is started.

        Raises:
            ProjectError: There is no project.
        """
        with skip_pydantic_plugins():
            from sparkops.engine import Engine
        engine = Engine(self.project, env=self.env, overrides=self.overrides, listener=listener, wait=False)
        hide(engine.project.config.secrets)
        return engine

    def read_registry_settings(self) -> Settings:
        """Return the settings of the project; outside of a project, those of the registry in MLFLOW_TRACKING_URI.

        Raises:
            ProjectError: There is neither.
        """
        try:
            return self.open_engine().settings
        except ProjectError as error:
            if self.project is not None:
                raise
            from sparkops.registry.mlflow_store import read_environment_settings

            settings = read_environment_settings()
            if settings is None:
                raise ProjectError(
                    f"{error} Or set MLFLOW_TRACKING_URI to the address of a registry."
                ) from None
            return settings

    def open_registry(self) -> Registry:
        """Return the registry of the project; outside of a project, that in MLFLOW_TRACKING_URI."""
        settings = self.read_registry_settings()
        from sparkops.registry.registry import Registry

        return Registry(settings)


def make_project_click_options(*, exclude: str = "") -> list[click.Option]:
    """Return new click options for the project, without the one of the excluded name."""
    options = [
        click.Option(
            ["--project", "project"],
            type=click.Path(path_type=Path),
            help="Folder of the project; by default the nearest one with conf/ and jobs/, from here upwards.",
        ),
        click.Option(["--env", "env"], metavar="NAME", help="Environment: conf/<env>/ overrides conf/base/."),
        click.Option(
            ["--set", "overrides"],
            multiple=True,
            metavar="KEY=VALUE",
            help="Override one setting: spark.master=local[4].",
        ),
        click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),
    ]
    return [option for option in options if option.name != exclude]


def pop_project_options(values: dict[str, Any]) -> ProjectOptions:
    """Remove the project's options from the values of a command, and return them."""
    # `main` reads --debug from the command line.
    values.pop("debug", None)
    return ProjectOptions(
        values.pop("project", None), values.pop("env", None), tuple(values.pop("overrides", ()))
    )


def find_project_option(words: Sequence[str]) -> Path | None:
    """Return the value of --project in a command line that is not parsed yet; of several, the last."""
    folders = [
        word.partition("=")[2] or value
        for word, value in pairwise([*words, ""])
        if word == "--project" or word.startswith("--project=")
    ]
    return Path(folders[-1]) if folders else None


def with_project_options(command: Callable[..., Any], *, exclude: str = "") -> Callable[..., Any]:
    """Add the project's options to a command, which receives a `ProjectOptions` as its first argument."""

    @wraps(command)
    def run(*args: Any, **values: Any) -> Any:
        return command(pop_project_options(values), *args, **values)

    options = getattr(command, "__click_params__", [])
    run.__click_params__ = [  # type: ignore[attr-defined]
        *reversed(make_project_click_options(exclude=exclude)),
        *options,
    ]
    return run


WAIT_HELP = (
    "How long to wait for a run that writes the same table (90s, 10m, 1h; 0 refuses at once). "
    "[default: setting `wait`, 10m]"
)


def with_wait(project: ProjectOptions, wait: str | None) -> ProjectOptions:
    """Return the options with the value of --wait as an override of the setting `wait`."""
    return project if wait is None else replace(project, overrides=(*project.overrides, f"wait={wait}"))


def limit_option(description: str) -> Callable[[Any], Any]:
    """Return the option --limit of a command that lists the newest of something."""
    return click.option(
        "--limit",
        default=20,
        type=COUNT,
        show_default=True,
        metavar="NUMBER",
        help=description,
    )


def cancel_wait_option() -> Callable[[Any], Any]:
    """Return the option --wait of a command that cancels a run; see `parse_cancel_wait`."""
    return click.option(
        "--wait",
        metavar="DURATION",
        default="60s",
        show_default=True,
        help="How long to wait until the run has ended (90s, 10m); 0 only asks for it.",
    )


def parse_cancel_wait(text: str) -> float:
    """Return the seconds that --wait of a command which cancels a run gives.

    Raises:
        InputError: It is no duration.
    """
    from sparkops.core.duration import parse_seconds

    try:
        return parse_seconds(text)
    except ValueError:
        raise InputError(f"--wait {text!r} is no duration: write 90s, 10m or 1h; 0 does not wait.") from None


def version_option(description: str = "Version; the newest by default.") -> Callable[[Any], Any]:
    """Return the option --at of a command that reads a table."""
    return click.option("--at", "version", type=VERSION, metavar="VERSION", help=description)


def trust_option() -> Callable[[Any], Any]:
    """Return the option --trust of a command that takes the folder of a model."""
    return click.option(
        "--trust",
        is_flag=True,
        help="Run code of a model that no registry vouches for, with your rights: a separate process, not a sandbox.",
    )


def json_option(alternative: str = "a table") -> Callable[[Any], Any]:
    """Return the option --json of a command that prints something else by default."""
    return click.option("--json", "as_json", is_flag=True, help=f"JSON instead of {alternative}.")
