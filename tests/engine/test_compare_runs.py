"""Two recorded runs are compared with what the logs of their tables tell; Spark is not started."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkops import Engine
from sparkops.errors import UnknownName

PROTOCOL = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}


def write_commit(table: Path, version: int, columns: dict[str, str], added: int) -> None:
    """Write a commit that appends rows, and gives the table these columns."""
    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in columns.items()
    ]
    schema = json.dumps({"type": "struct", "fields": fields})
    info = {
        "timestamp": 0, "operation": "WRITE", "operationParameters": {"mode": "Append"},
        "operationMetrics": {"numOutputRows": str(added)},
    }  # fmt: skip
    actions: list[dict[str, Any]] = [
        {"commitInfo": info},
        PROTOCOL,
        {"metaData": {"id": "i", "schemaString": schema, "partitionColumns": [], "configuration": {}}},
        {"add": {"path": f"{version}.parquet", "stats": json.dumps({"numRecords": added})}},
    ]
    log = table / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{version:020d}.json").write_text("".join(json.dumps(action) + "\n" for action in actions))


@pytest.fixture
def engine(make_project: Callable[..., Path]) -> Engine:
    root = make_project()
    for version, columns in enumerate(({"id": "integer"}, {"id": "long"}, {"id": "long", "late": "double"})):
        write_commit(root / "data" / "warehouse" / "flights", version, columns, added=1000 * (version + 1))
    return Engine(root)


def add_run(engine: Engine, run_id: str, version: int, *, identity: str = "i", delay: float = 1.0) -> None:
    pin = {
        "table": "flights", "kind": "delta", "location": "x", "version": version, "identity": identity,
        "schema_hash": f"h{version}", "time": None,
    }  # fmt: skip
    attempt = engine.runs.begin(run_id, "delays", inputs={"flights": pin}, metrics={"delay": delay})
    attempt.append("ended", state="done", ended="2024-01-01T00:00:00+00:00")


def test_the_rows_and_columns_between_two_versions_are_read_from_the_log(engine: Engine) -> None:
    add_run(engine, "a", 0)
    add_run(engine, "b", 2, delay=2.5)
    diff = engine.diff("a", "b")
    assert diff.summary == (
        "`delay` rose from 1 to 2.5 because `flights` went from version 0 to 2 (5,000 rows added).",
    )
    (schema,) = diff.select("schemas")
    assert schema.detail == "`late` double added, `id` int is bigint"
    assert engine.diff("b", "a").summary == (
        "`delay` fell from 2.5 to 1 because `flights` went from version 2 to 0 (5,000 rows removed).",
    )


def test_versions_that_the_log_does_not_have_are_compared_without_rows(engine: Engine) -> None:
    add_run(engine, "a", 0)
    add_run(engine, "b", 7, delay=2.5)
    assert engine.diff("a", "b").summary == (
        "`delay` rose from 1 to 2.5 because `flights` went from version 0 to 7.",
    )


def test_the_log_of_another_table_of_the_name_says_nothing(engine: Engine) -> None:
    add_run(engine, "a", 0, identity="gone")
    add_run(engine, "b", 2, identity="gone")
    diff = engine.diff("a", "b")
    assert [difference.change for difference in diff.select("inputs")] == [None]
    assert [difference.detail for difference in diff.select("schemas")] == [""]


def test_an_unknown_run_is_an_error(engine: Engine) -> None:
    add_run(engine, "a", 0)
    with pytest.raises(UnknownName, match="nothing"):
        engine.diff("a", "nothing")
