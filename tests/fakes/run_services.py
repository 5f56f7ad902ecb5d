"""The services of a run, in memory: tests read from them what a run did."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from sparkops.errors import ConfigError, SparkopsError, UnknownName
from sparkops.pipeline.checks.check import CheckResult, Policy
from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.table import MicroBatch, Pin, PublishedVersion, StreamProgress
from sparkops.runs.ports import RunServices


@dataclass
class FakeFrame:
    """A list of rows with the attributes of a DataFrame that a run uses."""

    rows: list[int]
    sparkSession: Any = None  # noqa: N815
    schema: Any = None

    isStreaming: bool = False  # noqa: N815

    def isEmpty(self) -> bool:
        return not self.rows


@dataclass
class FakeTables:
    """A `TableReader` and `TableWriter` of versioned lists of rows."""

    versions: dict[str, list[list[int]]] = field(default_factory=dict)
    staged: dict[StagedPart, FakeFrame] = field(default_factory=dict)
    saved_plans: dict[str, str] = field(default_factory=dict)
    commits: dict[tuple[str, str], PublishedVersion] = field(default_factory=dict)
    translations: dict[type[BaseException], SparkopsError] = field(default_factory=dict)
    publish_error: BaseException | None = None
    stage_count: int = 0
    identities: dict[str, str] = field(default_factory=dict)

    def pin(self, name: str, *, at: int | None = None, as_of: datetime | None = None) -> Pin:
        if name not in self.versions:
            raise UnknownName("table", name, self.versions)
        version = len(self.versions[name]) - 1 if at is None else at
        return Pin(
            table=name,
            kind="delta",
            location=name,
            version=version,
            identity=self.identities.get(name, name),
            schema_hash="",
            time=as_of or datetime.now(UTC),
        )

    def read(self, pin: Pin) -> Any:
        return FakeFrame(self.versions[pin.table][pin.version or 0])

    def count_removed(self, write: Any, values: Any) -> int:
        versions = self.versions.get(write.table)
        return len(versions[-1]) if versions and write.removes_rows else 0

    def explain(self, error: BaseException) -> SparkopsError | None:
        return self.translations.get(type(error))

    @property
    def staging(self) -> FakeStaging:
        return FakeStaging(self)

    @property
    def plans(self) -> FakePlans:
        return FakePlans(self.saved_plans)

    def find_published(
        self, table: str, run_id: str, batch: MicroBatch | None = None
    ) -> PublishedVersion | None:
        commit = self.commits.get((table, run_id if batch is None else str(batch)))
        return commit and replace(commit, already_published=True)

    def publish(
        self,
        frame: Any,
        write: Any,
        *,
        run_id: str,
        values: Any = None,
        staged: StagedPart | None = None,
        batch: MicroBatch | None = None,
    ) -> PublishedVersion:
        if self.publish_error is not None:
            raise self.publish_error
        return self._commit(frame, write.table, run_id, batch)

    def quarantine(
        self,
        frame: Any,
        *,
        table: str,
        run_id: str,
        batch: MicroBatch | None = None,
        replace: bool = False,
    ) -> PublishedVersion:
        return self._commit(frame, f"{table}__quarantine", run_id, batch)

    def clear_quarantine(self, table: str, *, run_id: str, batch: MicroBatch | None = None) -> None:
        if self.versions.get(f"{table}__quarantine", [[]])[-1]:
            self._commit(FakeFrame([]), f"{table}__quarantine", run_id, batch)

    def _commit(self, frame: Any, table: str, run_id: str, batch: MicroBatch | None) -> PublishedVersion:
        key = (table, run_id if batch is None else str(batch))
        if key in self.commits:
            return replace(self.commits[key], already_published=True)
        versions = self.versions.setdefault(table, [])
        versions.append(frame.rows)
        commit = PublishedVersion(
            table=table,
            version=len(versions) - 1,
            rows=len(frame.rows),
            location=table,
            identity=table,
            schema_hash="",
        )
        self.commits[key] = commit
        return commit


@dataclass
class FakeStaging:
    """A `StagingStore` of lists of rows."""

    tables: FakeTables

    def stage(self, frame: Any, part: StagedPart, *, write: Any = None) -> Any:
        self.tables.stage_count += 1
        self.tables.staged[part] = frame
        return frame

    def divide(self, frame: Any, area: str, table: str, *, partition_by: Any = ()) -> Any:
        good, bad = frame
        self.tables.staged[StagedPart(area, table, "good")] = good
        self.tables.staged[StagedPart(area, table, "bad")] = bad
        return good, bad

    def find(self, part: StagedPart) -> Any:
        return self.tables.staged.get(part)

    def discard(self, area: str) -> None:
        self.tables.staged = {part: frame for part, frame in self.tables.staged.items() if part.area != area}
        self.tables.saved_plans.pop(area, None)


@dataclass
class FakePlans:
    """A `PlanStore` of JSON texts."""

    texts: dict[str, str]

    def save(self, area: str, plan: Any) -> None:
        self.texts[area] = json.dumps(plan, default=str)

    def load(self, area: str) -> Any:
        return json.loads(self.texts[area]) if area in self.texts else None


@dataclass
class FakeStreams:
    """A `StreamRunner` of one stream; it continues after the last batch that was published completely."""

    batches: list[list[int]] = field(default_factory=list)
    position: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def read(self, table: str) -> Any:
        return FakeFrame([], isStreaming=True, sparkSession=self, schema=table)

    def run(
        self,
        frame: Any,
        *,
        process_batch: Callable[[Any, MicroBatch], None],
        on_progress: Callable[[StreamProgress], None],
        **options: Any,
    ) -> int | None:
        self.options = options
        start = self.position
        while self.position < len(self.batches):
            process_batch(
                FakeFrame(self.batches[self.position]), MicroBatch(stream="s", number=self.position)
            )
            on_progress(
                StreamProgress(
                    batch=self.position, rows=len(self.batches[self.position]), rows_per_second=2.0
                )
            )
            self.position += 1
        return self.position if self.position > start else None


@dataclass
class FakeOutcome:
    """A `CheckOutcome`."""

    run_id: str
    results: tuple[CheckResult, ...]
    good: Any
    annotated: Any
    blocked: bool
    block_reason: str = ""

    @property
    def page(self) -> CheckpointFacts | None:
        if not self.results:
            return None
        return CheckpointFacts(
            table=self.results[0].table,
            run_id=self.run_id,
            time=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            expectations=tuple(
                CheckedExpectation(result=result, notes="of the owner", details={"missing": [1]})
                for result in self.results
            ),
            suite=f"conf/checks/{self.results[0].table}.yml",
            blocked=self.blocked,
            rows=self.results[0].rows,
            quarantined=len(self.annotated[1].rows) if self.annotated else 0,
            block_reason=self.block_reason,
        )


@dataclass
class FakeChecks:
    """A `CheckRunner` with one rule for each table, and the policy for rows that violate it."""

    rules: dict[str, tuple[Callable[[int], bool], str]] = field(default_factory=dict)
    max_quarantined: int | None = None
    pages: list[CheckpointFacts] = field(default_factory=list)
    changing: tuple[str, ...] = ()

    @property
    def runs_with_docs(self) -> list[str]:
        return [page.run_id for page in self.pages]

    def hash_suite(self, table: str) -> str | None:
        return repr(self.rules[table][1]) if table in self.rules else None

    def is_repeatable(self, table: str) -> bool:
        return table in self.rules and table not in self.changing

    def validate(self, table: str) -> None:
        if table in self.rules and self.rules[table][1] not in ("fail", "quarantine", "warn"):
            raise ConfigError(f"conf/checks/{table}.yml: no policy `{self.rules[table][1]}`")

    def run_checkpoint(self, frame: Any, *, table: str, run_id: str) -> FakeOutcome | None:
        if table not in self.rules:
            return None
        rule, policy = self.rules[table]
        bad = [row for row in frame.rows if not rule(row)]
        result = CheckResult(
            table=table,
            expectation="expect_rule",
            policy=cast("Policy", policy),
            success=not bad,
            rows=len(frame.rows),
            unexpected=len(bad),
        )
        split = policy == "quarantine" and bool(bad)
        good = FakeFrame([row for row in frame.rows if rule(row)]) if split else frame
        exceeded = split and self.max_quarantined is not None and len(bad) > self.max_quarantined
        return FakeOutcome(
            run_id=run_id,
            results=(result,),
            good=good,
            annotated=(good, FakeFrame(bad)) if split else None,
            blocked=(policy == "fail" and bool(bad)) or exceeded,
            block_reason="too many rows quarantined" if exceeded else "",
        )

    def write_docs(self, pages: Sequence[CheckpointFacts]) -> None:
        self.pages += pages


@dataclass
class FakeHistory:
    """A `CheckHistory`: run, job, versions, and whether each expectation succeeded."""

    entries: list[tuple[str, str, dict[str, int], list[bool]]] = field(default_factory=list)

    def append(self, results: Any, *, run_id: str, job: str, versions: Any, batch: Any = None) -> None:
        self.entries.append((run_id, job, dict(versions), [result.success for result in results]))


@dataclass
class FakeModels:
    """A `ModelRegistry`."""

    registered_by: list[str] = field(default_factory=list)

    def load_version(self, name: str, *, at: int | None = None) -> Any:
        return type("Version", (), {"name": name, "version": at or 1})()

    def register(self, model: Any, *, name: str, run: Any, gates: Any, params: Any) -> ModelVersionInfo:
        self.registered_by.append(run.id)
        return ModelVersionInfo(
            name=name,
            version=len(self.registered_by),
            run_id=run.id,
            mlflow_run="",
            uri="",
            metrics={"auc": 0.7},
        )


@dataclass
class FakeReports:
    """A `ReportWriter`."""

    titles: list[str] = field(default_factory=list)

    def write(self, report: Any, run: Any) -> str:
        self.titles.append(report.title)
        return f"{run.id}.html"

    def render(self, report: Any, run: Any) -> str:
        return f"<h1>{report.title}</h1>"


@dataclass
class FakeSpark:
    """A `SparkRuntime`."""

    started: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    on_cancel: Callable[[], object] = lambda: None

    def begin(self, run_id: str) -> Any:
        self.started.append(run_id)
        return self

    def describe(self) -> dict[str, Any]:
        return {"app_id": "fake"}

    def cancel(self, run_id: str) -> None:
        self.cancelled.append(run_id)
        self.on_cancel()

    def end(self, run_id: str) -> None:
        self.ended.append(run_id)


@dataclass
class FakeRunServices:
    """All fakes of one run; `connect` returns them as `RunServices`."""

    tables: FakeTables = field(default_factory=FakeTables)
    checks: FakeChecks = field(default_factory=FakeChecks)
    history: FakeHistory = field(default_factory=FakeHistory)
    models: FakeModels = field(default_factory=FakeModels)
    reports: FakeReports = field(default_factory=FakeReports)
    spark: FakeSpark = field(default_factory=FakeSpark)
    streams: FakeStreams = field(default_factory=FakeStreams)

    def connect(self) -> RunServices:
        return RunServices(
            spark=self.spark,
            reader=self.tables,
            staging=self.tables.staging,
            plans=self.tables.plans,
            writer=self.tables,
            streams=self.streams,
            checks=self.checks,
            history=self.history,
            models=self.models,
            reports=self.reports,
        )
