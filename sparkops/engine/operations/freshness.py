"""Decide whether a job is up to date.

It is if an earlier run had the same code, parameters, inputs and checks, and its outputs still exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparkops.errors import ProjectError, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.fingerprint import RunInputs, compute_fingerprint, hash_source, params_to_json
from sparkops.runs.records.publications import hash_params
from sparkops.runs.records.run import Run
from sparkops.tables.quarantine.quarantine import DISCARD_PREFIX, RELEASE_PREFIX

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

# Modes of a write that keeps the rows which runs with other parameters wrote.
_KEEPING_MODES: Final = ("replace", "append")


@dataclass(frozen=True, slots=True)
class FreshRunFinder:
    """Finds the earlier run that makes a new one unnecessary: it did the same work, and its outputs are still there.

    Runs that end while it is used are not seen.

    Args:
        container: The services.
    """

    container: ServiceContainer
    _done: dict[str, _DoneRuns] = field(default_factory=dict)

    def find(self, job: Job, bound: BoundParameters) -> Run | None:
        """Return the newest run with these parameters that succeeded, if the job is up to date; else None."""
        params = params_to_json(job, bound.values)
        if job.name not in self._done:
            done = self.container.project.runs.newest(job=job.name, state="done")
            self._done[job.name] = _DoneRuns(run for run in done if not run.items)
        run = self._done[job.name].find(params)
        try:
            current = self._compute_fingerprint(job, params) if run else ""
        except SparkopsError:
            # An input is missing: the run itself reports that.
            return None
        return run if run and run.fingerprint == current and self._has_outputs(job, run) else None

    def _compute_fingerprint(self, job: Job, params: Mapping[str, Any]) -> str:
        container, project = self.container, self.container.project
        return compute_fingerprint(
            job,
            source=hash_source(job, project.root),
            params=params,
            inputs=RunInputs(
                pins=[container.tables.pin(table) for table in job.tables],
                models={name: project.models.resolve(name).version for name in job.models},
                settings=container.build_run_context().settings,
            ),
            suites={write.table: container.suite_runner.hash_suite(write.table) for write in job.writes},
        )

    def _has_outputs(self, job: Job, run: Run) -> bool:
        if run.report is not None:
            return Path(run.report).is_file()
        if run.registered is not None:
            return self._is_registered(run.registered["name"], run.registered["version"])
        modes = {write.table: write.mode for write in job.writes}
        return all(
            self._is_current(
                name, output["version"], run, keeps_others=modes.get(name, "append") in _KEEPING_MODES
            )
            for name, output in run.outputs.items()
        )

    def _is_registered(self, name: str, version: int) -> bool:
        try:
            self.container.project.models.resolve(name, version)
        except SparkopsError:
            return False
        return True

    def _is_current(self, table: str, version: int, run: Run, *, keeps_others: bool) -> bool:
        """Return whether what a run published is still in the table.

        It is if all later commits released quarantined rows, or, where a write keeps the rows of others, were made by
        runs of the same job with other parameters.
        """
        tables = self.container.tables
        newest = tables.describe(table).version
        if newest is None or newest < version:
            return False
        later = [
            commit for commit in tables.read_history(table, newest - version) if commit.version > version
        ]
        return len(later) == newest - version and all(
            (commit.run_id or "").startswith((RELEASE_PREFIX, DISCARD_PREFIX))
            or (keeps_others and self._is_other_part(commit.run_id, run))
            for commit in later
        )

    def _is_other_part(self, run_id: str | None, run: Run) -> bool:
        """Return whether a commit was made by a run of the same job with other parameters."""
        if run_id is None:
            return False
        try:
            other = self.container.project.runs.read(run_id)
        except (ProjectError, ValueError):
            return False
        return other.job == run.job and other.params != run.params


@dataclass(slots=True)
class _DoneRuns:
    """The runs of one job that succeeded, read as far as they are needed.

    Args:
        runs: The runs, newest first.
    """

    runs: Iterator[Run]
    _newest: dict[str, Run] = field(default_factory=dict)

    def find(self, params: Mapping[str, Any]) -> Run | None:
        """Return the newest run with these parameters, or None."""
        key = hash_params(params)
        while key not in self._newest:
            run = next(self.runs, None)
            if run is None:
                return None
            self._newest.setdefault(hash_params(run.params), run)
        return self._newest[key]
