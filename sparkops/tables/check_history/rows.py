"""One result of a check as a row of their history, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from math import isfinite
from typing import Any

from sparkops.pipeline.check import CheckResult, RecordedCheck
from sparkops.place import Place

COLUMNS = {
    "time": "timestamp",
    "run": "string",
    "job": "string",
    "table": "string",
    "version": "bigint",
    "position": "int",
    "expectation": "string",
    "column": "string",
    "kwargs": "string",
    "policy": "string",
    "severity": "string",
    "success": "boolean",
    "observed": "string",
    "observed_value": "double",
    "element_count": "bigint",
    "unexpected_count": "bigint",
    "unexpected_share": "double",
    "error": "string",
    "place": "string",
}


def arrow_schema() -> Any:
    """Return these columns as Arrow's schema."""
    import pyarrow as pa

    kinds = {
        "timestamp": pa.timestamp("us", "UTC"),
        "string": pa.string(),
        "bigint": pa.int64(),
        "int": pa.int32(),
        "boolean": pa.bool_(),
        "double": pa.float64(),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])


def arrow(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return rows as an Arrow table with these columns."""
    from pyarrow import Table

    return Table.from_pylist(list(rows), schema=arrow_schema())


def row_of(kept: RecordedCheck) -> dict[str, Any]:
    """Return the history's row of one result, in the order of its columns."""
    found = kept.result
    number = found.observed if isinstance(found.observed, int | float) else None
    column = found.kwargs.get("column")
    told = {
        "time": kept.time,
        "run": kept.run,
        "job": kept.job,
        "version": kept.version,
        "position": kept.position,
        "table": found.table,
        "expectation": found.expectation,
        "column": None if column is None else str(column),
        "kwargs": _json(found.kwargs),
        "policy": found.policy,
        "severity": found.severity,
        "success": found.success,
        "observed": None if found.observed is None else _json(found.observed),
        "observed_value": None if number is None or isinstance(number, bool) else float(number),
        "element_count": found.rows,
        "unexpected_count": found.unexpected,
        "unexpected_share": found.share,
        "error": found.error,
        "place": None if found.place is None else str(found.place),
    }
    return {name: told[name] for name in COLUMNS}


def _json(value: Any) -> str:
    if isinstance(value, float) and not isfinite(value):
        return json.dumps(str(value))
    return json.dumps(value, default=str)


def kept_of(row: Mapping[str, Any]) -> RecordedCheck:
    """Return the result that a row of the history holds."""
    file, _, line = (row["place"] or "").rpartition(":")
    time = row["time"]
    result = CheckResult(
        table=row["table"],
        expectation=row["expectation"],
        kwargs=json.loads(row["kwargs"]),
        policy=row["policy"],
        severity=row["severity"],
        success=row["success"],
        observed=None if row["observed"] is None else json.loads(row["observed"]),
        rows=row["element_count"],
        unexpected=row["unexpected_count"],
        error=row["error"],
        place=Place(file, int(line)) if line.isdigit() else None,
    )
    return RecordedCheck(
        time=time.astimezone(UTC),
        run=row["run"],
        job=row["job"],
        version=row["version"],
        position=row["position"],
        result=result,
    )
