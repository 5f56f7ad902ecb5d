"""From what the author's function returned to what readers see: stage, check, then publish all or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from sparkops.errors import ChecksFailed, JobFailed
from sparkops.pipeline.check import CheckResult
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values import check_json, published_json, registered_json
from sparkops.pipeline.model import Model
from sparkops.pipeline.report import Report
from sparkops.pipeline.table import MicroBatch, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.runs.ports import Outcome, RunServices
from sparkops.runs.record import Run
from sparkops.runs.store import Attempt

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Timed = Callable[[str], AbstractContextManager[None]]


class Ordered(Protocol):
    """The part of an order that publishing needs."""

    @property
    def job(self) -> Job:
        """Return the job."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the bound parameters."""


def publish(
    result: Any, order: Ordered, rooms: RunServices, run: Run, attempt: Attempt, timed: Timed
) -> None:
    """Publish what the job returned, by its kind; `result` is None when its frames stand staged already."""
    kind = order.job.kind
    if kind == "model":
        _register(_expect(result, Model, order.job), order, rooms, run, attempt, timed)
    elif kind == "report":
        with timed("report"):
            attempt.say("reported", report=rooms.pages.publish(_expect(result, Report, order.job), run))
    else:
        _tables(result, order, rooms, attempt, timed)


def _expect(result: Any, kind: type[Any], job: Job) -> Any:
    if isinstance(result, kind):
        return result
    raise JobFailed(
        f"Job `{job.name}` returned {type(result).__name__}, and is declared to return {kind.__name__} ({job.place})."
    )


def _register(
    model: Model, order: Ordered, rooms: RunServices, run: Run, attempt: Attempt, timed: Timed
) -> None:
    if run.registered:  # an earlier attempt of this run came this far
        return
    name = order.job.registers or order.job.name
    with timed("register"):
        done = rooms.models.register(model, name=name, run=run, gates=order.job.gates, params=run.params)
    attempt.say("registered", registered=registered_json(done), metrics=dict(done.metrics))


def _tables(result: Any, order: Ordered, rooms: RunServices, attempt: Attempt, timed: Timed) -> None:
    job = order.job
    frames = _frames(result, job)
    with timed("compute"):
        staged = {w.table: _stage(frames.get(w.table), w, rooms, attempt) for w in job.writes}
    with timed("check"):
        outcomes = {t: rooms.checks.gate(f, table=t, run_id=attempt.run_id) for t, f in staged.items()}
    checked = [outcome for outcome in outcomes.values() if outcome is not None]
    results = [result for outcome in checked for result in outcome.results]
    attempt.say("checked", checks=[plain(r) for r in results])
    if any(outcome.blocked for outcome in checked):
        rooms.history.keep(results, run_id=attempt.run_id, job=job.name, versions={})
        rooms.checks.publish(attempt.run_id, checked)
        raise ChecksFailed(why(checked, job))
    with timed("publish"):
        versions = {
            write.table: _publish(write, staged[write.table], outcomes[write.table], order, rooms, attempt)
            for write in job.writes
        }
    if checked:
        with timed("results"):
            rooms.history.keep(results, run_id=attempt.run_id, job=job.name, versions=versions)
        with timed("docs"):
            rooms.checks.publish(attempt.run_id, checked)


def _stage(frame: DataFrame | None, write: Write, rooms: RunServices, attempt: Attempt) -> DataFrame:
    if frame is None:
        found = rooms.outputs.staged(write.table, attempt.run_id)
        if found is None:
            raise JobFailed(f"Nothing was computed for table `{write.table}`.")
        return found
    staged = rooms.outputs.stage(
        frame, table=write.table, run_id=attempt.run_id, partition_by=write.partition_by
    )
    attempt.say("staged", staged=[write.table])
    return staged


def _publish(
    write: Write,
    staged: DataFrame,
    outcome: Outcome | None,
    order: Ordered,
    rooms: RunServices,
    attempt: Attempt,
) -> int:
    """Publish one table; return its version."""
    done = None
    for done in put(write, staged, outcome, order, rooms, attempt.run_id):
        attempt.say("published", outputs={done.table: published_json(done)})
    assert done is not None
    return done.version


def put(
    write: Write,
    staged: DataFrame,
    outcome: Outcome | None,
    order: Ordered,
    rooms: RunServices,
    run_id: str,
    batch: MicroBatch | None = None,
) -> Iterator[PublishedVersion]:
    """Write one table, its held rows first; yield each as soon as it is written, the table itself last."""
    if outcome is not None and outcome.bad is not None:
        yield rooms.outputs.quarantine(outcome.bad, table=write.table, run_id=run_id, batch=batch)
    good = outcome.good if outcome is not None else staged
    yield rooms.outputs.publish(
        good, write, run_id=run_id, values=order.values, staged=good is staged, batch=batch
    )


def _frames(result: Any, job: Job) -> dict[str, DataFrame]:
    """Return written table to frame; empty when everything stands staged."""
    if result is None:
        return {}
    if job.kind == "table":
        return {job.writes[0].table: a_frame(result, job)}
    fields = result._asdict() if hasattr(result, "_asdict") else _fields(result, job)
    return {
        write.table: a_frame(value, job) for write, value in zip(job.writes, fields.values(), strict=True)
    }


def _fields(result: Any, job: Job) -> dict[str, Any]:
    if not dataclasses.is_dataclass(result):
        raise JobFailed(
            f"Job `{job.name}` returned {type(result).__name__}, not its several tables ({job.place})."
        )
    return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}


def a_frame(value: Any, job: Job) -> DataFrame:
    """Return what a job returned for a table, if it is a frame.

    Raises:
        JobFailed: It is none.
    """
    if not hasattr(value, "sparkSession") or not hasattr(value, "schema"):
        raise JobFailed(
            f"Job `{job.name}` returned {type(value).__name__} where a DataFrame is declared ({job.place})."
        )
    return value  # type: ignore[no-any-return]


def plain(result: CheckResult) -> dict[str, Any]:
    """Return a result as the record holds it."""
    return {**check_json(result), "place": str(result.place) if result.place else None}


def why(outcomes: Sequence[Outcome], job: Job, *, nothing: str = "nothing was published") -> str:
    """Return what blocked the job's tables: the checks that did, and limits of whole tables that were passed.

    Args:
        outcomes: Of the checkpoints.
        job: The job.
        nothing: What became of the rows, as a clause.
    """
    broken = [_say(result) for outcome in outcomes for result in _blocking(outcome)]
    passed = [outcome.why_blocked for outcome in outcomes if outcome.why_blocked]
    count = len(broken)
    head = f"{count} check{'s' if count > 1 else ''} failed" if count else "too many rows broke its checks"
    lines = "\n".join(f"  - {line}" for line in (*broken, *passed))
    return (
        f"Job `{job.name}`: {head}, and {nothing}.\n{lines}\n"
        f"Mend the data or the job, or change the suite, then run again."
    )


def _blocking(outcome: Outcome) -> list[CheckResult]:
    """Return the results that blocked; what could set rows apart is among them only where nothing else blocked."""
    failed = [r for r in outcome.results if outcome.blocked and not r.success and r.policy != "warn"]
    sure = [r for r in failed if r.policy == "fail" or r.error]
    return sure if sure or outcome.why_blocked else failed


def _say(result: CheckResult) -> str:
    where = f" ({result.place})" if result.place else ""
    about = ", ".join(f"{k}={v!r}" for k, v in result.kwargs.items())
    if result.error:
        return f"{result.table}: {result.expectation}({about}) could not be evaluated: {result.error}{where}"
    found = f"{result.unexpected:,} of {result.rows:,} rows" if result.unexpected and result.rows else ""
    found += f", {result.over}" if result.over else ""
    seen = found or (f"observed {result.observed!r}" if result.observed is not None else "did not hold")
    return f"{result.table}: {result.expectation}({about}): {seen}{where}"
