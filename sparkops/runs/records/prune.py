"""Remove the records and logs of old runs that nothing needs any more."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sparkops.core.duration import subtract_duration
from sparkops.errors import ProjectError, as_clause
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.run import Run, utc_now
from sparkops.runs.records.run_key import RunKeys
from sparkops.runs.records.states import ACTIVE
from sparkops.runs.records.store import RunStore

_REMOVED_PREFIX: Final = ".removed-"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRun:
    """A run that is removed.

    Args:
        run: Id of the run.
        job: Name of its job.
        state: Its state.
        ended: When it ended, or began if it recorded no end.
        bytes: Size of its records and logs.
    """

    run: str
    job: str
    state: str
    ended: datetime
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPruner:
    """Removes old runs.

    Args:
        runs: The records.
        publications: Publications that are not complete.
        keys: Keys of runs; the key of a removed run is forgotten.
    """

    runs: RunStore
    publications: PublicationJournal
    keys: RunKeys

    def find_old(self, keep: timedelta, *, now: datetime | None = None) -> tuple[OldRun, ...]:
        """Return the runs that ended longer ago than `keep`, oldest first.

        Not among them are active and protected runs, the newest done run of each job, runs that have begun to publish
        and are not complete, and the runs of a fan-out that is not removed.
        """
        limit = subtract_duration(now or utc_now(), keep)
        old = [_build_old_run(self.runs, run, ended) for run, ended in self._list_unneeded() if ended < limit]
        return tuple(sorted(old, key=lambda run: (run.ended, run.run)))

    def remove(self, old: Collection[OldRun]) -> tuple[OldRun, ...]:
        """Remove runs, unless something needs them by now, and return those that were removed.

        Raises:
            ProjectError: A folder cannot be removed.
        """
        unneeded = {run.id: ended for run, ended in self._list_unneeded()}
        removed = tuple(run for run in old if unneeded.get(run.run) == run.ended)
        for run in removed:
            self._remove(run.run)
        self.keys.forget({run.run for run in removed})
        return removed

    def _list_unneeded(self) -> Iterator[tuple[Run, datetime]]:
        """Yield the runs that nothing needs, with the time of their end."""
        unneeded = {run.id: (run, ended) for run, ended in self._list_unneeded_alone()}
        for run, ended in unneeded.values():
            if run.parent is None or run.parent in unneeded or not (self.runs.folder / run.parent).exists():
                yield run, ended

    def _list_unneeded_alone(self) -> Iterator[tuple[Run, datetime]]:
        """Yield the runs that nothing needs, except perhaps the fan-out that they are parts of."""
        done_jobs: set[str] = set()
        open_runs = self.publications.list_run_ids()
        for run in self.runs.list_newest(replays=True):
            is_result = run.state == "done" and not run.replay
            is_newest_done = is_result and run.job not in done_jobs
            if is_newest_done:
                done_jobs.add(run.job)
            ended = run.ended or run.started
            is_needed = run.state in ACTIVE or run.id in open_runs or self.runs.is_protected(run.id)
            if ended is not None and not is_newest_done and not is_needed:
                yield run, ended

    def _remove(self, run_id: str) -> None:
        folder = self.runs.folder / run_id
        # Renamed first, so that no reader finds a part of the run.
        hidden = folder.with_name(f"{_REMOVED_PREFIX}{run_id}-{os.urandom(4).hex()}")
        try:
            folder.rename(hidden)
            shutil.rmtree(hidden)
        except OSError as error:
            raise ProjectError(
                f"Run {run_id} cannot be removed: {as_clause(error)}. Give write access to {folder}."
            ) from error


def _build_old_run(runs: RunStore, run: Run, ended: datetime) -> OldRun:
    size = sum(_measure(path) for path in (runs.folder / run.id).rglob("*"))
    return OldRun(run=run.id, job=run.job, state=run.state, ended=ended, bytes=size)


def _measure(path: Path) -> int:
    return path.lstat().st_size if path.is_file() else 0
