"""Find a project's root folder and its environments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sparkops.core.bounded_file import MAX_WRITTEN_BY_HAND, read_bytes
from sparkops.core.wording import truncate
from sparkops.errors import ProjectError, UnknownName

BASE = "base"
LOCAL = "local"
ENV_VARIABLE = "SPARKOPS_ENV"
_NOT_AN_ENV = ("checks",)
_JOBS_SETTING: Final = re.compile(r"^jobs\s*:", re.MULTILINE)


def find_root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds conf/ and jobs/, or a conf/ that sets `jobs:`.

    Raises:
        ProjectError: There is none.
    """
    try:
        return _find_nearest(start)
    except OSError as error:
        raise ProjectError(
            f"{error.filename or start} cannot be read: {error.strerror}. "
            "Get read access, or name another folder with --project."
        ) from error


def _find_nearest(start: Path) -> Path:
    folder = start.resolve()
    if not folder.exists():
        raise ProjectError(
            f"No folder {start}. Name the folder of a project, or create one with `sparkops init {start}`."
        )
    for candidate in (folder, *folder.parents):
        if (candidate / "conf").is_dir() and ((candidate / "jobs").is_dir() or _sets_jobs(candidate)):
            return candidate
    raise ProjectError(
        f"No sparkops project at {folder} or above it: a project is a folder with conf/ and jobs/. "
        "Change into one, or create one with `sparkops init DIR`."
    )


def _sets_jobs(root: Path) -> bool:
    """Return whether a file of conf/ says where the jobs are."""
    files = (file for pattern in ("*.yml", "*.yaml") for file in (root / "conf").glob(f"*/{pattern}"))
    return any(map(_has_jobs_setting, files))


def _has_jobs_setting(file: Path) -> bool:
    try:
        text = read_bytes(file, MAX_WRITTEN_BY_HAND).decode("utf-8", "replace")
    except OSError:
        # Reading the configuration reports it.
        return False
    return _JOBS_SETTING.search(text) is not None


def list_environments(root: Path) -> tuple[str, ...]:
    """Return the environments of a project, `base` first.

    Raises:
        ProjectError: There is no conf/.
    """
    if not (root / "conf").is_dir():
        raise ProjectError(
            f"No folder {root / 'conf'}: create it, or a new project with `sparkops init DIR`."
        )
    folders = sorted(path.name for path in (root / "conf").iterdir() if path.is_dir())
    return (
        BASE,
        *(name for name in folders if name not in (BASE, *_NOT_AN_ENV) and not name.startswith(".")),
    )


def choose_env(root: Path, env: str | None, environment: Mapping[str, str]) -> str:
    """Return the environment to use: `env`, else SPARKOPS_ENV, else `local` where it exists, else `base`.

    Raises:
        UnknownName: conf/ has no such folder.
    """
    known = list_environments(root)
    requested = env or environment.get(ENV_VARIABLE)
    if requested and requested not in known:
        source = "--env" if env else ENV_VARIABLE
        advice = f"Create conf/{truncate(requested, 60)}/, or give {source} another name."
        raise UnknownName("environment", requested, known, where="conf/", advice=advice)
    return requested or (LOCAL if LOCAL in known else BASE)
