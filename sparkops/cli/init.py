"""`sparkops init`."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from sparkops.cli.display.echo import echo
from sparkops.errors import ProjectError

# Files that are packaged under another name.
_RENAMED = {"gitignore": ".gitignore"}


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def init(folder: Path, debug: bool) -> None:
    """Create a small project in DIR: two jobs, their checks, a test, a notebook and a small source table."""
    # `main` reads --debug from the command line.
    del debug
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(f"Folder {folder} exists and is not empty. Name a new folder.")
    try:
        _copy(files("sparkops.cli") / "template", folder, folder.resolve().name)
    except OSError as error:
        raise ProjectError(
            f"{folder} cannot be written: {error.strerror}. Name a folder that you can write to."
        ) from error
    echo(f"Created {folder}. Next:\n  cd {folder}\n  sparkops run --upstream daily_sales --day 2024-03-02")


def _copy(source: Traversable, target: Path, name: str) -> None:
    """Copy a folder of the template, with the project's name filled in."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        path = target / _RENAMED.get(entry.name, entry.name)
        if entry.is_dir():
            if entry.name != "__pycache__":
                _copy(entry, path, name)
        else:
            path.write_text(entry.read_text("utf-8").replace("{name}", name), "utf-8")
