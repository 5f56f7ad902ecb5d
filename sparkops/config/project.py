"""Where a project stands and which environments it has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sparkops.errors import ProjectError, UnknownName

BASE = "base"
LOCAL = "local"
ENV_VARIABLE = "SPARKOPS_ENV"
_NOT_AN_ENV = ("checks",)


def find_root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds conf/ and jobs/.

    Raises:
        ProjectError: When there is none.
    """
    try:
        return _nearest(start)
    except OSError as error:
        raise ProjectError(
            f"{error.filename or start} cannot be looked into: {error.strerror}. "
            "Get the right to read it, or name another folder with --project."
        ) from error


def _nearest(start: Path) -> Path:
    here = start.resolve()
    if not here.exists():
        raise ProjectError(
            f"No folder {start}. Name the folder of a project, or make one with `sparkops init {start}`."
        )
    for folder in (here, *here.parents):
        if (folder / "conf").is_dir() and (folder / "jobs").is_dir():
            return folder
    raise ProjectError(
        f"No sparkops project at {here} or above it: a project is a folder with conf/ and jobs/. "
        "Change into one, or make one with `sparkops init DIR`."
    )


def environments(root: Path) -> tuple[str, ...]:
    """Return the environments of a project, `base` first.

    Raises:
        ProjectError: When there is no conf/.
    """
    if not (root / "conf").is_dir():
        raise ProjectError(
            f"No folder {root / 'conf'}: make it, or a whole project with `sparkops init DIR`."
        )
    folders = sorted(path.name for path in (root / "conf").iterdir() if path.is_dir())
    return (
        BASE,
        *(name for name in folders if name not in (BASE, *_NOT_AN_ENV) and not name.startswith(".")),
    )


def choose_env(root: Path, env: str | None, environment: Mapping[str, str]) -> str:
    """Return the environment to use: as asked for, else SPARKOPS_ENV, else `local` where it exists, else `base`.

    Raises:
        UnknownName: When conf/ has no such folder.
    """
    known = environments(root)
    asked = env or environment.get(ENV_VARIABLE)
    if asked and asked not in known:
        where = "conf/" if env else f"conf/ (asked for by {ENV_VARIABLE})"
        raise UnknownName(
            "env", asked, known, where=where, advice=f"Make conf/{asked}/, or pass another --env."
        )
    return asked or (LOCAL if LOCAL in known else BASE)
