"""Refuse a result without rows that would remove rows of a table, before anything of the run is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparkops.core.wording import format_count
from sparkops.errors import BadData
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Write
from sparkops.runs.ports import CheckOutcome, TableReader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def require_rows_to_publish(
    frame: DataFrame,
    write: Write,
    *,
    job: Job,
    values: Mapping[str, Any],
    reader: TableReader,
    outcome: CheckOutcome | None,
) -> None:
    """Refuse a frame without rows if publishing it would remove rows, and the job does not allow that.

    Args:
        frame: The rows to publish.
        write: Table and mode.
        job: The job.
        values: Its bound parameters, which define the slice of a `replace`.
        reader: Counts the rows of the table.
        outcome: The result of the table's checkpoint.

    Raises:
        BadData: Rows would be removed; the message says how many.
    """
    if write.publish_empty or not write.removes_rows or not frame.isEmpty():
        return
    rows = reader.count_removed(write, values)
    if not rows:
        return
    quarantined = outcome is not None and outcome.annotated is not None
    cause = "all its rows failed checks and would be quarantined" if quarantined else "its result has no rows"
    advice = "Correct the data, or the checks" if quarantined else "Check its inputs and parameters"
    raise BadData(
        f"Job `{job.name}`: {cause}, and publishing none would remove {format_count(rows, 'row')} of table "
        f"`{write.table}`{_describe_slice(write, values)}; nothing was published ({job.place}). {advice}; if no rows "
        "is a valid result, declare publish_empty=True."
    )


def _describe_slice(write: Write, values: Mapping[str, Any]) -> str:
    if write.mode != "replace":
        return ""
    conditions = (
        f"`{column}` = {getattr(values[column], 'value', values[column])}"
        for column in write.by
        if values.get(column) is not None
    )
    return f" where {' and '.join(conditions)}"
