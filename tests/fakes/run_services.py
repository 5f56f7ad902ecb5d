"""The rooms beside `runs`, in memory: what a run did can be read off them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from sparkops.errors import ConfigError, SparkopsError, UnknownName
from sparkops.pipeline.check import CheckResult, Policy
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pipeline.table import MicroBatch, Pin, PublishedVersion
from sparkops.runs.ports import RunServices


@dataclass
class FakeFrame:
    """Rows that pass for a frame."""

    rows: list[int]
    sparkSession: Any = None  # noqa: N815
    schema: Any = None

    isStreaming: bool = False  # noqa: N815

    def isEmpty(self) -> bool:
        return not self.rows


@dataclass
class FakeTables:
    """Versioned tables; remembers what was staged, published and thrown away."""

    versions: dict[str, list[list[int]]] = field(default_factory=dict)
    waiting: dict[tuple[str, str], FakeFrame] = field(default_factory=dict)
    by_run: dict[tuple[str, str], PublishedVersion] = field(default_factory=dict)
    explains: dict[type[BaseException], SparkopsError] = field(default_factory=dict)
    fail_publish: BaseException | None = None
    staged_times: int = 0

    def pin(self, name: str, *, at: int | None = None, as_of: datetime | None = None) -> Pin:
        if name not in self.versions:
            raise UnknownName("table", name, self.versions)
        version = len(self.versions[name]) - 1 if at is None else at
        return Pin(
            table=name,
            kind="delta",
            location=name,
            version=version,
            identity=name,
            schema_hash="",
            time=as_of or datetime.now(UTC),
        )

    def read(self, pin: Pin) -> Any:
        return FakeFrame(self.versions[pin.table][pin.version or 0])

    def explain(self, error: BaseException) -> SparkopsError | None:
        return self.explains.get(type(error))

    def stage(self, frame: Any, *, table: str, run_id: str, partition_by: Any = ()) -> Any:
        self.staged_times += 1
        self.waiting[table, run_id] = frame
        return frame

    def staged(self, table: str, run_id: str) -> Any:
        return self.waiting.get((table, run_id))

    def publish(
        self,
        frame: Any,
        write: Any,
        *,
        run_id: str,
        values: Any = None,
        staged: bool = False,
        batch: MicroBatch | None = None,
    ) -> PublishedVersion:
        if self.fail_publish is not None:
            raise self.fail_publish
        return self._commit(frame, write.table, run_id, batch)

    def quarantine(
        self, frame: Any, *, table: str, run_id: str, batch: MicroBatch | None = None
    ) -> PublishedVersion:
        return self._commit(frame, f"{table}__quarantine", run_id, batch)

    def _commit(self, frame: Any, table: str, run_id: str, batch: MicroBatch | None) -> PublishedVersion:
        key = (table, run_id if batch is None else str(batch))
        if key in self.by_run:
            return replace(self.by_run[key], already=True)
        kept = self.versions.setdefault(table, [])
        kept.append(frame.rows)
        done = PublishedVersion(
            table=table,
            version=len(kept) - 1,
            rows=len(frame.rows),
            location=table,
            identity=table,
            schema_hash="",
        )
        self.by_run[key] = done
        return done

    def discard(self, run_id: str) -> None:
        self.waiting = {key: frame for key, frame in self.waiting.items() if key[1] != run_id}


@dataclass
class FakeStreams:
    """A stream of batches of rows; goes on after the last batch that was taken whole."""

    coming: list[list[int]] = field(default_factory=list)
    taken: int = 0
    asked: dict[str, Any] = field(default_factory=dict)

    def read(self, table: str) -> Any:
        return FakeFrame([], isStreaming=True, sparkSession=self, schema=table)

    def run(self, frame: Any, *, each: Any, **asked: Any) -> int | None:
        self.asked = asked
        begun = self.taken
        while self.taken < len(self.coming):
            each(FakeFrame(self.coming[self.taken]), MicroBatch(stream="s", number=self.taken))
            self.taken += 1
        return self.taken if self.taken > begun else None


@dataclass
class FakeOutcome:
    results: tuple[CheckResult, ...]
    good: Any
    bad: Any
    blocked: bool
    why_blocked: str = ""


@dataclass
class FakeChecks:
    """A suite per table: a rule a row must keep, and the policy when it does not."""

    rules: dict[str, tuple[Any, str]] = field(default_factory=dict)
    most: int | None = None  # rows that may be quarantined
    shown: list[str] = field(default_factory=list)

    def identity(self, table: str) -> str | None:
        return repr(self.rules[table][1]) if table in self.rules else None

    def validate(self, table: str) -> None:
        if table in self.rules and self.rules[table][1] not in ("fail", "quarantine", "warn"):
            raise ConfigError(f"conf/checks/{table}.yml: no policy `{self.rules[table][1]}`")

    def gate(self, frame: Any, *, table: str, run_id: str) -> FakeOutcome | None:
        if table not in self.rules:
            return None
        rule, policy = self.rules[table]
        bad = [row for row in frame.rows if not rule(row)]
        result = CheckResult(
            table=table,
            expectation="expect_rule",
            policy=cast("Policy", policy),  # as `validate` found it
            success=not bad,
            rows=len(frame.rows),
            unexpected=len(bad),
        )
        split = policy == "quarantine" and bool(bad)
        good = FakeFrame([row for row in frame.rows if rule(row)]) if split else frame
        why = "too many held" if split and self.most is not None and len(bad) > self.most else ""
        blocked = (policy == "fail" and bool(bad)) or bool(why)
        return FakeOutcome((result,), good, FakeFrame(bad) if split else None, blocked, why)

    def publish(self, run_id: str, outcomes: Any) -> None:
        self.shown.append(run_id)


@dataclass
class FakeHistory:
    """What was kept: run, job, versions, and each expectation's success."""

    kept: list[tuple[str, str, dict[str, int], list[bool]]] = field(default_factory=list)

    def keep(self, results: Any, *, run_id: str, job: str, versions: Any, batch: Any = None) -> None:
        self.kept.append((run_id, job, dict(versions), [result.success for result in results]))


@dataclass
class FakeModels:
    registered: list[str] = field(default_factory=list)

    def version(self, name: str, *, at: int | None = None) -> Any:
        return type("Version", (), {"name": name, "version": at or 1})()

    def register(self, model: Any, *, name: str, run: Any, gates: Any, params: Any) -> ModelVersionInfo:
        self.registered.append(run.id)
        return ModelVersionInfo(
            name=name,
            version=len(self.registered),
            run_id=run.id,
            mlflow_run="",
            uri="",
            metrics={"auc": 0.7},
        )


@dataclass
class FakePages:
    titles: list[str] = field(default_factory=list)

    def publish(self, report: Any, run: Any) -> str:
        self.titles.append(report.title)
        return f"{run.id}.html"


@dataclass
class FakeCluster:
    begun: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def begin(self, run_id: str) -> Any:
        self.begun.append(run_id)
        return self

    def facts(self) -> dict[str, Any]:
        return {"app_id": "fake"}

    def cancel(self, run_id: str) -> None:
        self.cancelled.append(run_id)

    def end(self, run_id: str) -> None:
        self.ended.append(run_id)


@dataclass
class FakeRunServices:
    """All of them, handed to a run by `run_services`."""

    tables: FakeTables = field(default_factory=FakeTables)
    checks: FakeChecks = field(default_factory=FakeChecks)
    history: FakeHistory = field(default_factory=FakeHistory)
    models: FakeModels = field(default_factory=FakeModels)
    pages: FakePages = field(default_factory=FakePages)
    cluster: FakeCluster = field(default_factory=FakeCluster)
    streams: FakeStreams = field(default_factory=FakeStreams)

    def run_services(self) -> RunServices:
        return RunServices(
            cluster=self.cluster,
            inputs=self.tables,
            outputs=self.tables,
            checks=self.checks,
            history=self.history,
            models=self.models,
            pages=self.pages,
            streams=self.streams,
        )
