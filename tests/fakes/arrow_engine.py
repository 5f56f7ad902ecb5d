"""An engine without a JVM: jobs get and return Arrow tables, which delta-rs commits. Records, locks and flows are real."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from fakes.run_services import FakeChecks, FakeHistory, FakeModels, FakeReports, FakeSpark, FakeStreams

from sparkops import Engine
from sparkops.config.settings import Settings
from sparkops.engine.adapters.suite_hash import hash_suite
from sparkops.pipeline.json_values.tables import pin_to_json
from sparkops.pipeline.reports.replay_verdict import RowDifference, TableComparison
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.table import Pin, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.runs.ports import RunServices
from sparkops.tables import Tables
from sparkops.tables.compare.committed_rows import CommittedWrite
from sparkops.tables.log.commit_info import WriteId


def open_arrow_engine(root: Path) -> Engine:
    """Return the engine of a project whose jobs compute `ArrowFrame`s."""
    engine = Engine(root)
    container: Any = engine.container
    tables = ArrowTables(engine.settings)
    services = ArrowServices(root, tables).connect()
    container.__dict__["tables"] = tables
    container.build_run_services = lambda *_: services
    container.warm_up = lambda _: None
    return engine


@dataclass(frozen=True)
class ArrowFrame:
    """Rows of a column `n` and others, with the attributes of a DataFrame that a run uses."""

    table: pa.Table
    sparkSession: Any = None  # noqa: N815
    isStreaming: bool = False  # noqa: N815

    @property
    def schema(self) -> pa.Schema:
        return self.table.schema

    @property
    def rows(self) -> list[int]:
        """Return the values of `n`, sorted."""
        return sorted(self.table.column("n").to_pylist())

    def isEmpty(self) -> bool:
        return not self.rows

    def plus(self, number: int) -> ArrowFrame:
        """Return the values of `n` plus a number."""
        return make_frame([value + number for value in self.rows])

    def union(self, other: ArrowFrame) -> ArrowFrame:
        """Return the values of both."""
        return make_frame([*self.rows, *other.rows])

    def sum(self) -> ArrowFrame:
        """Return one row: the sum."""
        return make_frame([sum(self.rows)])

    def at(self, **values: int) -> ArrowFrame:
        """Return the values of `n` with further columns."""
        return make_frame(self.rows, **values)

    def where(self, **values: int) -> ArrowFrame:
        """Return the rows with these values."""
        rows = self.table.to_pylist()
        return make_frame(
            [row["n"] for row in rows if all(row[name] == value for name, value in values.items())]
        )


def make_frame(values: list[int], **columns: int) -> ArrowFrame:
    """Return a frame of a column `n`, and of columns with one value."""
    others = {name: [value] * len(values) for name, value in columns.items()}
    return ArrowFrame(pa.table({"n": values, **others}))


class ArrowTables(Tables):
    """The tables of a project, which are written by delta-rs, and replayed without Spark."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(None, settings)
        self.settings = settings

    def read_frame(self, table: str, version: int | None = None) -> ArrowFrame:
        """Return a table at a version."""
        delta = DeltaTable(str(Path(self.settings.warehouse) / table), version=version)
        return ArrowFrame(pa.RecordBatchReader.from_stream(delta.scan()).read_all())

    @property
    def replayed(self) -> Any:
        return ArrowReplays(self)


@dataclass
class ArrowReplays:
    """Compares the rows that a run committed with those of its replay."""

    tables: ArrowTables

    def stage(self, frame: ArrowFrame, run_id: str, commit: CommittedWrite) -> ArrowFrame:
        return frame

    def compare(self, frame: ArrowFrame, commit: CommittedWrite, options: object) -> TableComparison:
        recorded = self.tables.read_frame(commit.write.table, commit.version)
        values = {name: commit.parameters[name] for name in commit.write.by}
        before, after = recorded.where(**values).rows, frame.rows
        return TableComparison(
            table=commit.write.table,
            version=commit.version,
            compared="the rows that the run wrote",
            rows=RowDifference(
                recorded=len(before),
                replayed=len(after),
                missing=len([row for row in before if row not in after]),
                added=len([row for row in after if row not in before]),
            ),
        )

    def compare_quarantined(self, *_: object, **__: object) -> None:
        raise AssertionError("no job of the graphs quarantines rows")


@dataclass
class ArrowServices:
    """The reader, staging and writer of runs.

    A file `control/kill` with the name of a table lets the second commit to a fan-out's table, or the only one to any other,
    kill the process as soon as it is made.
    """

    root: Path
    tables: ArrowTables
    commits: dict[str, int] = field(default_factory=dict)

    def connect(self) -> RunServices:
        checks = SuiteChecks({"a": (lambda value: value > 0, "warn")})
        checks.root = self.root
        services: Any = self
        return RunServices(
            spark=SettingsSpark(),
            reader=services,
            staging=cast("Any", ArrowStaging(self.tables)),
            plans=self.tables.plans,
            writer=services,
            streams=FakeStreams(),
            checks=checks,
            history=FakeHistory(),
            models=FakeModels(),
            reports=FakeReports(),
        )

    def pin(self, name: str, **options: Any) -> Pin:
        return self.tables.pin(name, **options)

    def read(self, pin: Pin) -> ArrowFrame:
        return self.tables.read_frame(pin.table, pin.version)

    def count_removed(self, write: Write, values: Mapping[str, Any]) -> int:
        return 0

    def explain(self, error: BaseException) -> Any:
        return self.tables.explain(error)

    def find_published(self, table: str, run_id: str, batch: None = None) -> PublishedVersion | None:
        return self.tables.find_published(table, run_id)

    def clear_quarantine(self, table: str, *, run_id: str, batch: None = None) -> None:
        self.tables.clear_quarantine(table, run_id=run_id)

    def publish(
        self, frame: ArrowFrame, write: Write, *, run_id: str, values: Mapping[str, Any], **_: object
    ) -> PublishedVersion:
        earlier = self.find_published(write.table, run_id)
        if earlier is not None:
            return earlier
        write_id = WriteId(run_id)
        write_deltalake(
            str(Path(self.tables.settings.warehouse) / write.table),
            frame.table,
            mode="overwrite",
            predicate=" AND ".join(f"{name} = {values[name]}" for name in write.by) or None,
            commit_properties=CommitProperties(
                custom_metadata={"userMetadata": write_id.format_user_metadata(mode=write.mode)},
                app_transactions=[Transaction(write_id.app_id, write_id.txn_version)],
            ),
        )
        self._kill_if_required(write)
        pin = self.pin(write.table)
        facts = {key: pin_to_json(pin)[key] for key in ("version", "location", "identity", "schema_hash")}
        return PublishedVersion(table=write.table, rows=frame.table.num_rows, **facts)

    def _kill_if_required(self, write: Write) -> None:
        count = self.commits[write.table] = self.commits.get(write.table, 0) + 1
        file = self.root / "control" / "kill"
        if file.exists() and file.read_text() == write.table and count == (2 if write.by else 1):
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class ArrowStaging:
    """A `StagingStore` of Parquet files."""

    tables: ArrowTables

    def stage(self, frame: ArrowFrame, part: StagedPart, *, write: Write | None = None) -> ArrowFrame:
        path = self._locate(part)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Complete when it has its name: the process may be killed meanwhile.
        pq.write_table(frame.table, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)
        return frame

    def find(self, part: StagedPart) -> ArrowFrame | None:
        path = self._locate(part)
        return ArrowFrame(pq.read_table(path)) if path.exists() else None

    def discard(self, area: str) -> None:
        shutil.rmtree(self.tables.staging.build_path(area, ""), ignore_errors=True)

    def _locate(self, part: StagedPart) -> Path:
        return Path(self.tables.staging.build_path(part.area, f"{part.table}.parquet"))


class SuiteChecks(FakeChecks):
    """Fake checks of the tables that have a file in conf/checks, whose hash counts."""

    root: Path

    def hash_suite(self, table: str) -> str | None:
        return hash_suite(self.root, table)


class SettingsSpark(FakeSpark):
    """A fake session with settings, none of which a replay changes."""

    conf: Any = None
