"""Decide whether a job is up to date: code, parameters, inputs and checks are those of its newest run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.errors import SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.fingerprint import RunInputs, compute_fingerprint, hash_source, params_to_json
from sparkops.runs.records.run import Run
from sparkops.tables.quarantine.quarantine import DISCARD_PREFIX, RELEASE_PREFIX

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

# Newest runs of a job among which one that succeeded is searched.
_MAX_RUNS = 20


@dataclass(frozen=True, slots=True)
class FreshRunFinder:
    """Finds the earlier run that makes a new one unnecessary: it did the same work, and its outputs are still there.

    Args:
        container: The services.
        bound: Job to its bound parameters.
    """

    container: ServiceContainer
    bound: Mapping[str, BoundParameters]

    def find(self, job: Job) -> Run | None:
        """Return the newest run that succeeded, if the job is up to date; else None."""
        runs = self.container.project.runs
        try:
            current = self._compute_fingerprint(job)
        except SparkopsError:
            # An input is missing: the run itself reports that.
            return None
        for run in runs.newest(job=job.name, limit=_MAX_RUNS):
            if run.state == "done":
                return run if run.fingerprint == current and self._has_outputs(run) else None
        return None

    def _compute_fingerprint(self, job: Job) -> str:
        container, project = self.container, self.container.project
        return compute_fingerprint(
            job,
            source=hash_source(job, project.root),
            params=params_to_json(job, self.bound[job.name].values),
            inputs=RunInputs(
                pins=[container.tables.pin(table) for table in job.tables],
                models={name: project.models.resolve(name).version for name in job.models},
                settings=container.build_run_context().settings,
            ),
            suites={write.table: container.suite_runner.hash_suite(write.table) for write in job.writes},
        )

    def _has_outputs(self, run: Run) -> bool:
        if run.report is not None:
            return Path(run.report).is_file()
        if run.registered is not None:
            return self._is_registered(run.registered["name"], run.registered["version"])
        return all(self._is_current(name, output["version"]) for name, output in run.outputs.items())

    def _is_registered(self, name: str, version: int) -> bool:
        try:
            self.container.project.models.resolve(name, version)
        except SparkopsError:
            return False
        return True

    def _is_current(self, table: str, version: int) -> bool:
        """Return whether the version is the table's newest, apart from rows that were released since."""
        tables = self.container.tables
        newest = tables.describe(table).version
        if newest is None or newest < version:
            return False
        later = [
            commit for commit in tables.read_history(table, newest - version) if commit.version > version
        ]
        return len(later) == newest - version and all(
            (commit.run_id or "").startswith((RELEASE_PREFIX, DISCARD_PREFIX)) for commit in later
        )
