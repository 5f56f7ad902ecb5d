"""The journal of publications: one file for each run, from before its first commit until the run is complete."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sparkops.config.state_file import DamagedState, read_state, require_text, require_version
from sparkops.core.atomic_file import replace_file

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPublication:
    """A run that has begun to publish and is not complete.

    Args:
        run: Id of the run.
        job: Name of its job.
        params: Hash of its parameters.
        before: The newest version of each table before its commit, by table; None if the table did not exist.
        is_rollback: Whether it restores the tables.
    """

    run: str
    job: str
    params: str
    before: Mapping[str, int | None] = field(default_factory=dict)
    is_rollback: bool = False


@dataclass(frozen=True, slots=True)
class PublicationJournal:
    """The publications of a project that are not complete.

    Args:
        folder: `<state>/publishing`.
    """

    folder: Path

    @classmethod
    def of_state(cls, state: Path) -> PublicationJournal:
        """Return the journal of the project whose state is in a folder."""
        return cls(state / "publishing")

    def begin(self, publication: OpenPublication) -> None:
        """Record that a run begins to publish; what an earlier attempt of the run recorded is kept."""
        path = self._locate(publication.run)
        if path.exists():
            return
        value = {
            "run": publication.run,
            "job": publication.job,
            "params": publication.params,
            "before": dict(publication.before),
            **({"rollback": True} if publication.is_rollback else {}),
        }
        replace_file(path, json.dumps(value), durable=True, private=True)

    def contains(self, run_id: str) -> bool:
        """Return whether a run has begun to publish and is not complete."""
        return self._locate(run_id).exists()

    def complete(self, run_id: str) -> None:
        """Record that a run is complete, or that it will not be completed any more."""
        # A folder in place of the file is no publication; `list_open` names it.
        with suppress(IsADirectoryError):
            self._locate(run_id).unlink(missing_ok=True)

    def list_run_ids(self) -> frozenset[str]:
        """Return the ids of the runs that have begun to publish and are not complete; no file is read."""
        return frozenset(path.stem for path in self.folder.glob("*.json"))

    def list_open(self) -> tuple[OpenPublication, ...]:
        """Return the publications that are not complete, oldest first; warn of files that cannot be read."""
        return tuple(
            publication
            for path in sorted(self.folder.glob("*.json"))
            if (publication := _read(path)) is not None
        )

    def list_open_for(self, job: str, params: str) -> tuple[OpenPublication, ...]:
        """Return the publications of a job with equal parameters that are not complete, oldest first."""
        return tuple(
            publication
            for publication in self.list_open()
            if (publication.job, publication.params) == (job, params)
        )

    def _locate(self, run_id: str) -> Path:
        return self.folder / f"{run_id}.json"


def hash_params(params: Mapping[str, Any]) -> str:
    """Return a hash of parameters in their JSON form."""
    text = json.dumps(params, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _read(path: Path) -> OpenPublication | None:
    """Return the publication in a file; None if the run was completed in the meantime, or if the file is damaged."""
    advice = (
        f"`sparkops runs show {path.stem}` shows the run, and `sparkops runs resume {path.stem}` completes it; "
        "then remove this file"
    )
    content = "the journal of a run that publishes"
    try:
        return read_state(path, partial(_parse, run_id=path.stem), content=content, advice=advice)
    except FileNotFoundError:
        return None
    except DamagedState as error:
        _log.warning("%s", error)
        return None


def _parse(value: Any, *, run_id: str) -> OpenPublication:
    """Return the publication of a file; KeyError, TypeError or ValueError if it has another form."""
    before = value["before"]
    if value["run"] != run_id:
        raise ValueError("it is about another run")
    return OpenPublication(
        run=run_id,
        job=require_text(value, "job"),
        params=require_text(value, "params"),
        before={
            table: None if version is None else require_version(version) for table, version in before.items()
        },
        is_rollback=value.get("rollback", False) is True,
    )
