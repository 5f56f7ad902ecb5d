"""The folder that a command writes a model to: checked before the work, and put in place complete."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sparkops.errors import InputError


def check_target(folder: Path, *, overwrite: bool) -> None:
    """Raise `InputError` unless a folder is new or empty, or contains a model of MLflow that is to be replaced."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file. Name a new folder.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / "MLmodel").is_file():
        raise InputError(f"{folder} is not empty and holds no model of MLflow. Name a new folder.")
    if not overwrite:
        raise InputError(
            f"{folder} holds a model already. Name a new folder, or replace it with --overwrite."
        )


def place_folder(built: Path, target: Path) -> None:
    """Copy a folder to its target, which is never incomplete; what is there is replaced.

    Raises:
        InputError: The target cannot be written.
    """
    target = target.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as work:
            copy = shutil.copytree(built, Path(work) / "new")
            if target.exists():
                target.rename(Path(work) / "old")
            copy.rename(target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}. Name another folder.") from error
