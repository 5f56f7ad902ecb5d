"""Find earlier runs of jobs by their parameters. The index is read once, and only records that may match are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sparkops.errors import ProjectError
from sparkops.runs.records.environment import is_same_environment
from sparkops.runs.records.publications import hash_params
from sparkops.runs.records.run import Run
from sparkops.runs.records.run_index import IndexEntry, RunIndex
from sparkops.runs.records.states import State
from sparkops.runs.records.store import RunStore


class _Candidate(NamedTuple):
    """A run that the index lists; without an entry, its record must be read to know what it is."""

    run_id: str
    entry: IndexEntry | None


@dataclass(frozen=True, slots=True)
class RunLookup:
    """The runs of a project at one moment, by job, newest first.

    Args:
        store: The records.
        by_job: Runs by job.
        unknown: Runs that the index cannot summarize.
        _read: Cache of the records that were read.
    """

    store: RunStore
    by_job: Mapping[str, list[_Candidate]]
    unknown: list[_Candidate]
    _read: dict[str, Run | None] = field(default_factory=dict)

    @classmethod
    def of(cls, store: RunStore) -> RunLookup:
        """Return the runs of a store as they are now."""
        by_job: dict[str, list[_Candidate]] = defaultdict(list)
        unknown: list[_Candidate] = []
        for run_id, entry in RunIndex(store.folder).list_entries():
            (by_job[entry.job] if entry is not None else unknown).append(_Candidate(run_id, entry))
        return cls(store, by_job, unknown)

    def find_done(self, job: str, params: Mapping[str, Any], env: str | None = None) -> Run | None:
        """Return the newest run of a job with these parameters that succeeded, or None.

        Args:
            job: Name of the job.
            params: JSON values by parameter.
            env: Environment of the run, because another one may have other tables; None for any.
        """
        expected = hash_params(params)
        for candidate in self._list(job):
            entry = candidate.entry
            if entry is not None and (entry.params, entry.state) != (expected, "done"):
                continue
            run = self.read(candidate.run_id)
            is_done = run is not None and run.job == job and run.state == "done" and not run.items
            if run is None or not is_done or hash_params(run.params) != expected:
                continue
            if env is None or is_same_environment(run.env, env):
                return run
        return None

    def find_newest_done(self, job: str) -> Run | None:
        """Return the newest run of a job that succeeded, whatever its parameters, or None."""
        return self.find_newest_in(job, "done")

    def find_newest_in(self, job: str, *states: State) -> Run | None:
        """Return the newest run of a job in one of these states, or None; fan-outs are not among them."""
        for candidate in self._list(job):
            if candidate.entry is not None and candidate.entry.state not in states:
                continue
            run = self.read(candidate.run_id)
            if run is not None and run.job == job and run.state in states and not run.items:
                return run
        return None

    def find_newest(self, job: str) -> Run | None:
        """Return the newest run of a job that was not skipped, or None."""
        runs = (self.read(candidate.run_id) for candidate in self._list(job))
        return next((run for run in runs if run and run.job == job and run.state != "skipped"), None)

    def read(self, run_id: str) -> Run | None:
        """Return a run; None for a replay, which publishes nothing, and if the record cannot be read."""
        if run_id not in self._read:
            try:
                run = self.store.read(run_id)
                self._read[run_id] = None if run.replay else run
            except (ProjectError, ValueError):
                self._read[run_id] = None
        return self._read[run_id]

    def _list(self, job: str) -> list[_Candidate]:
        """Return the runs that may be of a job, newest first."""
        candidates = [*self.by_job.get(job, ()), *self.unknown]
        if self.unknown:
            candidates.sort(key=lambda item: item.run_id, reverse=True)
        return candidates
