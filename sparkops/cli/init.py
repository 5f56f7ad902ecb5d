"""`sparkops init`."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from sparkops.errors import ProjectError

_RENAMED = {"gitignore": ".gitignore"}


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--debug", is_flag=True, help="Show the stack trace of an error.")
def init(folder: Path, debug: bool) -> None:
    """Make a small project in DIR: two jobs, their checks, a test, a notebook and a small table."""
    del debug  # `main` reads it
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(f"{folder} is there already and is not empty. Name a new folder.")
    try:
        _copy(files("sparkops.cli") / "template", folder, folder.resolve().name)
    except OSError as error:
        raise ProjectError(
            f"{folder} cannot be written: {error.strerror}. Name a folder that can."
        ) from error
    click.echo(f"Made {folder}. Next:\n  cd {folder}\n  sparkops run --upstream daily_sales --day 2024-03-02")


def _copy(source: Traversable, target: Path, name: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for part in source.iterdir():
        into = target / _RENAMED.get(part.name, part.name)
        if part.is_dir():
            if part.name != "__pycache__":
                _copy(part, into, name)
        else:
            into.write_text(part.read_text("utf-8").replace("{name}", name), "utf-8")
