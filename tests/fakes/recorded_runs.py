"""Runs of a flow without Spark: each commits a version of its tables by hand, and is recorded as a real run is."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from sparkops import Engine
from sparkops.engine.container import ServiceContainer
from sparkops.engine.operations.freshness import FreshRunFinder
from sparkops.engine.options import FlowPart, RunOptions
from sparkops.errors import ChecksFailed, JobFailed, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values.tables import pin_to_json
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.fingerprint import params_to_json
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run, make_run_id, utc_now
from sparkops.runs.records.states import choose_state
from sparkops.tables.log.commit_info import WriteId

HEAD = "from pyspark.sql import DataFrame\nfrom sparkops import Condition, job\nfrom . import rates\n"
_SCHEMA = {
    "type": "struct",
    "fields": [{"name": "n", "type": "long", "nullable": True, "metadata": {}}],
}


def commit(folder: Path, *, run_id: str | None = None, mode: str = "overwrite", time: int = 0) -> int:
    """Commit the next version of a Delta table at a time (ms since the epoch), and return it."""
    log = folder / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    version = len(list(log.glob("*.json")))
    info: dict[str, Any] = {
        "timestamp": time,
        "operation": "WRITE",
        "operationParameters": {"mode": "Overwrite"},
    }
    if run_id is not None:
        info["userMetadata"] = WriteId(run_id).format_user_metadata(mode=mode)
    actions: list[dict[str, Any]] = [{"commitInfo": info}]
    if version == 0:
        metadata = {"id": str(uuid4()), "schemaString": json.dumps(_SCHEMA)}
        actions += [
            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {**metadata, "partitionColumns": [], "configuration": {}}},
        ]
    actions.append({"add": {"path": f"{version}.parquet", "stats": json.dumps({"numRecords": 1})}})
    (log / f"{version:020d}.json").write_text("".join(json.dumps(action) + "\n" for action in actions))
    return version


@dataclass
class RecordedRuns:
    """Replaces `run_declared`: runs are recorded with what they read and publish, and nothing is computed.

    Args:
        warehouse: The folder of the tables.
        failing: Jobs that fail.
        blocked: Jobs of which a check fails, so that they publish nothing.
        warned: Jobs of which a check fails, and which publish.
        metrics: Job to its metrics.
        started: Jobs that were run, in order.
    """

    warehouse: Path
    failing: Collection[str] = ()
    blocked: Collection[str] = ()
    warned: Collection[str] = ()
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    before_end: Callable[[str], None] = lambda _: None

    def __call__(
        self, container: ServiceContainer, job: Job, bound: BoundParameters, options: RunOptions
    ) -> Run:
        """Record a run of a job."""
        self.started.append(job.name)
        runs, run_id = container.project.runs, make_run_id()
        work = FreshRunFinder(container).examine(job, bound, options.versions).work
        attempt = runs.begin(run_id, job.name, params=params_to_json(job, bound.values))
        at, as_of = options.versions.at, options.versions.as_of
        pins = {
            table: pin_to_json(container.tables.pin(table, at=at.get(table), as_of=as_of))
            for table in job.tables
        }
        for pin in pins.values():
            pin["time"] = str(pin["time"])
        attempt.append("pinned", inputs=pins, work=work)
        error = self._find_error(job)
        checks = [
            {
                "table": write.table,
                "expectation": "expect_column_values_to_not_be_null",
                "kwargs": {"column": "n"},
                "success": job.name not in self.blocked and job.name not in self.warned,
                "policy": "fail" if job.name in self.blocked else "warn",
            }
            for write in job.writes
        ]
        attempt.append("checked", checks=checks, metrics=dict(self.metrics.get(job.name, {})))
        if error is not None:
            ended = utc_now().isoformat()
            attempt.enter(
                choose_state(error), "ended", ended=ended, error={"kind": "x", "message": str(error)}
            )
            raise error
        for write in job.writes:
            version = commit(self.warehouse / write.table, run_id=run_id)
            attempt.append("published", outputs={write.table: {"version": version, "rows": 1}})
        self.before_end(job.name)
        attempt.enter("done", "ended", ended=utc_now().isoformat())
        return runs.load(run_id)

    def _find_error(self, job: Job) -> SparkopsError | None:
        if job.name in self.blocked:
            return ChecksFailed(f"{job.name} is blocked")
        return JobFailed(f"{job.name} failed") if job.name in self.failing else None


def write_job(name: str, inputs: Sequence[str], *, rate: str = "rates.RATE", options: str = "") -> str:
    """Return the declaration of a job."""
    arguments = ", ".join(f"{table}: DataFrame" for table in inputs)
    return f"\n@job({options})\ndef {name}({arguments}, *, times: int = 1) -> DataFrame:\n    return {inputs[0]}.limit({rate})\n"


class RecordedProject:
    """A project of a graph of jobs, job to the tables that it reads, whose runs are recorded only."""

    def __init__(self, root: Path, graph: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.graph = root, graph
        self.warehouse = root / "data" / "warehouse"
        self.runs = RecordedRuns(self.warehouse)
        monkeypatch.setattr("sparkops.engine.operations.run_job.run_declared", self.runs)
        self.write("jobs/rates.py", "RATE = 1\nUNUSED = 1\n")
        for name, inputs in graph.items():
            self.write(f"jobs/{name}.py", HEAD + write_job(name, inputs))
        for table in {table for inputs in graph.values() for table in inputs} - set(graph):
            commit(self.warehouse / table)

    def declare(self, name: str, **options: str) -> None:
        """Write the file of a job again."""
        self.write(f"jobs/{name}.py", HEAD + write_job(name, self.graph[name], **options))

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def plan(
        self, part: FlowPart | None = None, *, versions: ReadVersions | None = None, **params: object
    ) -> dict[str, tuple[str, ...]]:
        options = RunOptions(versions=versions or ReadVersions())
        with Engine(self.root) as engine:
            planned = engine.plan_flow(part, params=params, options=options)
        return {job.job: job.reasons for job in planned if job.state == "run"}

    def plan_states(self) -> dict[str, str]:
        """Return each job to what would happen to it."""
        with Engine(self.root) as engine:
            return {job.job: job.state for job in engine.plan_flow()}

    def explain(self, name: str) -> tuple[str, ...]:
        """Return the reasons about one job in the plan of all."""
        with Engine(self.root) as engine:
            return next(job.reasons for job in engine.plan_flow() if job.job == name)

    def flow_states(self) -> dict[str, str]:
        """Run all jobs; return each job to what happened to it."""
        with Engine(self.root) as engine:
            return {step.job: step.state for step in engine.flow(FlowPart())}

    def flow(
        self, part: FlowPart | None = None, *, versions: ReadVersions | None = None, **params: object
    ) -> list[str]:
        self.runs.started.clear()
        options = RunOptions(versions=versions or ReadVersions())
        with Engine(self.root) as engine:
            engine.flow(part or FlowPart(), params=params, options=options)
        return list(self.runs.started)

    def downstream(self, name: str) -> list[str]:
        after = {name}
        for job, inputs in self.graph.items():
            if after & set(inputs):
                after.add(job)
        return [job for job in self.graph if job in after]
