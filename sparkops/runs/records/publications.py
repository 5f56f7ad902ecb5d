"""The journal of publications: one file for each run, from before its first commit until the run is complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkops.core.atomic_file import replace_file


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
        replace_file(path, json.dumps(value), durable=True)

    def contains(self, run_id: str) -> bool:
        """Return whether a run has begun to publish and is not complete."""
        return self._locate(run_id).exists()

    def complete(self, run_id: str) -> None:
        """Record that a run is complete, or that it will not be completed any more."""
        self._locate(run_id).unlink(missing_ok=True)

    def list_open(self) -> tuple[OpenPublication, ...]:
        """Return the publications that are not complete, oldest first."""
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
    """Return the publication in a file, or None if the run was completed in the meantime."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return OpenPublication(
        run=value["run"],
        job=value["job"],
        params=value["params"],
        before=value["before"],
        is_rollback=value.get("rollback", False),
    )
