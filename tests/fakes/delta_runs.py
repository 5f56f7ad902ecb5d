"""A project whose runs were recorded, and whose tables were written by delta-rs: what rollbacks need, without a JVM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from sparkops import Engine
from sparkops.pipeline.json_values.tables import pin_to_json, published_version_to_json
from sparkops.pipeline.table import PublishedVersion
from sparkops.runs.records.run import make_run_id, utc_now
from sparkops.tables import Tables
from sparkops.tables.log.commit_info import WriteId

Rows = Mapping[str, Sequence[Any]]
# Rows of one column that runs write.
A, B, C = ({"a": [number]} for number in (1, 2, 3))
# Jobs whose runs are recorded: they are declared, and never called.
JOBS = """
    from pyspark.sql import DataFrame
    from sparkops import Model, job

    @job(writes="t", mode="append")
    def job_of_t(s: DataFrame) -> DataFrame:
        return s

    @job(writes="t", mode="append")
    def part(s: DataFrame, *, month: int) -> DataFrame:
        return s

    @job(writes="t", mode="overwrite")
    def all_of_it(s: DataFrame) -> DataFrame:
        return s

    @job
    def trained(s: DataFrame, *, origin: str, depth: int = 3) -> Model:
        ...
"""


def open_without_spark(root: Path) -> Engine:
    """Return the engine of a project that refuses whatever needs Spark."""
    engine = Engine(root)
    engine.container.__dict__["tables"] = Tables(None, engine.settings)
    return engine


@dataclass(frozen=True, slots=True)
class DeltaRuns:
    """Makes runs in a project.

    Args:
        engine: The project.
    """

    engine: Engine

    @property
    def warehouse(self) -> Path:
        """Return the folder of the tables."""
        return Path(self.engine.settings.warehouse)

    def run(
        self,
        job: str = "job",
        *,
        reads: Sequence[str] = (),
        writes: Mapping[str, Rows] | None = None,
        mode: str = "append",
        state: str = "done",
        **facts: Any,
    ) -> str:
        """Record a run that reads and writes tables; return its id."""
        run_id, tables = facts.pop("run_id", None) or make_run_id(), self.engine.container.tables
        inputs = {name: pin_to_json(tables.pin(name)) for name in reads}
        attempt = self.engine.runs.begin(run_id, job, inputs=inputs, **facts)
        for name, rows in (writes or {}).items():
            output = published_version_to_json(self.commit(name, rows, run_id=run_id, mode=mode))
            attempt.append("published", outputs={name: output})
        if state != "running":
            attempt.enter(state, "ended", ended=utc_now().isoformat())  # type: ignore[arg-type]
        return run_id

    def commit(
        self, name: str, rows: Rows, *, run_id: str | None = None, mode: str = "append"
    ) -> PublishedVersion:
        """Commit rows to a table, as a run or as another writer."""
        properties = CommitProperties()
        if run_id is not None:
            write_id = WriteId(run_id)
            properties = CommitProperties(
                custom_metadata={"userMetadata": write_id.format_user_metadata(mode=mode)},
                app_transactions=[Transaction(write_id.app_id, write_id.txn_version)],
            )
        folder = self.warehouse / name
        folder.mkdir(parents=True, exist_ok=True)
        write_deltalake(
            str(folder), pa.table(dict(rows)), mode=mode, commit_properties=properties,
            schema_mode="merge" if mode == "append" else "overwrite",
        )  # type: ignore[call-overload] # fmt: skip
        pin = self.engine.container.tables.pin(name)
        return PublishedVersion(
            table=name,
            version=pin.version or 0,
            rows=len(next(iter(rows.values()))),
            location=pin.location,
            identity=pin.identity,
            schema_hash=pin.schema_hash,
        )

    def read(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a table, sorted."""
        rows = pa.RecordBatchReader.from_stream(DeltaTable(str(self.warehouse / name)).scan()).read_all()
        return sorted(rows.to_pylist(), key=str)
