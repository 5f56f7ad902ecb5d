"""The history of check results: one flat Delta table with a row for each expectation of each run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from math import isfinite
from typing import Any

from sparkops.core.place import Place
from sparkops.core.version_number import is_number
from sparkops.errors import SparkopsError, TableError
from sparkops.pipeline.checks.check import CheckResult, RecordedCheck
from sparkops.tables.backends.protocol import RowBatch, RowQuery
from sparkops.tables.backends.selection import run_on_backend
from sparkops.tables.catalog import Location
from sparkops.tables.error_messages.spark_errors import explain_error
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.delta_log import table_exists
from sparkops.tables.session import Session

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
# A run that was blocked and then resumed appends twice, once for each outcome.
_BLOCKED, _PUBLISHED = 1, 2


def append_results(
    location: Location,
    session: Session,
    checks: Sequence[RecordedCheck],
    *,
    write_id: WriteId,
    published: bool,
) -> None:
    """Append the results of a run to the history in one commit, exactly once.

    Args:
        location: The history; it is created if it does not exist.
        session: Used only where delta-rs cannot write the history.
        checks: The results.
        write_id: Identifies the run or micro-batch.
        published: False for a run that was blocked. If it is resumed and publishes, it appends a second time.

    Raises:
        TableError: The history cannot be written.
    """
    txn_version = 2 * (write_id.txn_version - 1) + (_PUBLISHED if published else _BLOCKED)
    batch = RowBatch(columns=COLUMNS, rows=[to_row(check) for check in checks])
    with _wrap_errors(location):
        run_on_backend(
            location,
            session,
            lambda backend: backend.append_rows(batch, write_id, txn_version=txn_version),
        )


def read_results(location: Location, session: Session, table: str) -> tuple[RecordedCheck, ...]:
    """Return the results of a table's checks, oldest first; none if the history does not exist.

    Raises:
        TableError: The history cannot be read.
    """
    query = RowQuery(columns=tuple(COLUMNS), where={"table": table})
    with _wrap_errors(location):
        if not table_exists(location, session):
            return ()
        rows = run_on_backend(location, session, lambda backend: backend.read_rows(query))
        checks = [from_row(row) for row in rows]
    in_order = sorted(checks, key=lambda check: (check.time, check.run, check.position))
    return tuple(_omit_repeated(in_order))


def _omit_repeated(checks: Sequence[RecordedCheck]) -> Iterator[RecordedCheck]:
    """Yield the results, oldest first; a blocked attempt is left out if its run was resumed and checked again."""
    newest = {check.run: check.time for check in checks}
    return (check for check in checks if check.version is not None or check.time == newest[check.run])


def to_row(check: RecordedCheck) -> dict[str, Any]:
    """Return the row of a result, in the order of the columns."""
    result = check.result
    number = result.observed if isinstance(result.observed, int | float) else None
    column = result.kwargs.get("column")
    values = {
        "time": check.time,
        "run": check.run,
        "job": check.job,
        "version": check.version,
        "position": check.position,
        "table": result.table,
        "expectation": result.expectation,
        "column": None if column is None else str(column),
        "kwargs": _to_json(result.kwargs),
        "policy": result.policy,
        "severity": result.severity,
        "success": result.success,
        "observed": None if result.observed is None else _to_json(result.observed),
        "observed_value": None if number is None or isinstance(number, bool) else float(number),
        "element_count": result.rows,
        "unexpected_count": result.unexpected,
        "unexpected_share": result.share,
        "error": result.error,
        "place": None if result.place is None else str(result.place),
    }
    return {name: values[name] for name in COLUMNS}


def from_row(row: Mapping[str, Any]) -> RecordedCheck:
    """Return the result in a row."""
    file, _, line = (row["place"] or "").rpartition(":")
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
        place=Place(file, int(line)) if is_number(line) else None,
    )
    return RecordedCheck(
        time=row["time"].astimezone(UTC),
        run=row["run"],
        job=row["job"],
        version=row["version"],
        position=row["position"],
        result=result,
    )


def _to_json(value: Any) -> str:
    # JSON has no NaN and no infinity.
    if isinstance(value, float) and not isfinite(value):
        return json.dumps(str(value))
    return json.dumps(value, default=str)


@contextmanager
def _wrap_errors(location: Location) -> Iterator[None]:
    """Raise any error of the block as a TableError that names the history."""
    try:
        yield
    except SparkopsError:
        raise
    except Exception as error:
        reason = explain_error(error) or f"{type(error).__name__}: {error}"
        raise TableError(f"The history of checks at {location.address}: {reason}") from error
