"""Runs of `sparkops score --table`, whose job no file declares: replayed, resumed and rolled back by their records. No Spark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.delta_runs import DeltaRuns, open_without_spark

from sparkops import Engine
from sparkops.engine.operations import run_job
from sparkops.engine.operations.comparison.replay_run import ReplayOptions, prepare_replay, replay_run
from sparkops.engine.operations.scoring import TableScoring, build_scoring_job, find_scoring_job
from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.runs.fingerprint import describe_code

SCORING = TableScoring(table="flights", into="scores", where={"month": "7"})


@pytest.fixture
def engine(make_project: Callable[..., Path]) -> Engine:
    return open_without_spark(make_project())


def record(project: DeltaRuns, **facts: Any) -> str:
    """Record a run that scored the rows of a month."""
    job = build_scoring_job("late", SCORING)
    project.run("flights", writes={"flights": {"month": [7]}})
    code = describe_code(job, project.engine.root)
    values = {"params": {"month": "7"}, "models": {"late": 2}, "code": code, "reads": ["flights"]}
    return project.run(job.name, writes={"scores": {"month": [7]}}, **{**values, **facts})


def describe(job: Job | None) -> tuple[Any, ...]:
    assert job is not None
    return job.name, job.tables, job.models, [param.name for param in job.params], job.writes


def test_the_job_of_a_scoring_run_is_that_of_its_record(project: DeltaRuns, engine: Engine) -> None:
    run = engine.runs.load(record(project))
    expected = build_scoring_job("late", SCORING)
    assert describe(find_scoring_job(engine.project, run)) == describe(expected)
    assert find_scoring_job(engine.project, replace(run, code={"place": "jobs/scoring.py:1"})) is None
    with pytest.raises(InputError, match=r"stopped before it recorded what it reads.*`--into scores`"):
        find_scoring_job(engine.project, replace(run, inputs={}))


def test_a_scoring_run_is_replayed_with_its_model_and_rows(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = record(project, models={})
    monkeypatch.setattr(engine.container, "warm_up", lambda jobs: None)
    with pytest.raises(InputError, match="stopped before it recorded"):
        prepare_replay(engine.container, run, ReplayOptions())
    monkeypatch.setattr(
        "sparkops.engine.operations.comparison.replay_run.require_unchanged", lambda *arguments: None
    )
    prepared = prepare_replay(engine.container, record(project), ReplayOptions())
    assert describe(prepared.job) == describe(build_scoring_job("late", SCORING))
    assert dict(prepared.bound.values) == {"month": "7"}
    with pytest.raises(InputError, match=r"replay it without --code recorded"):
        replay_run(engine.container, prepared.original.id, ReplayOptions(code="recorded"))


def test_a_scoring_run_that_failed_is_resumed(
    project: DeltaRuns, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, jobs = record(project, state="failed"), list[Job]()
    monkeypatch.setattr(engine.container, "warm_up", lambda jobs: None)
    monkeypatch.setattr(
        run_job, "execute_job", lambda container, job, values, versions, start: jobs.append(job)
    )
    engine.resume(run)
    assert describe(jobs[0]) == describe(build_scoring_job("late", SCORING))


def test_a_scoring_run_is_compared_and_rolled_back(project: DeltaRuns, engine: Engine) -> None:
    first, second = record(project), record(project)
    assert engine.diff(first, second).before == first
    undo = engine.rollback(second)
    assert undo.rollback is not None
    assert project.read("scores") == [{"month": 7}]
