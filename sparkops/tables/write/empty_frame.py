"""The rows that a frame without rows would remove from a table, whichever backend writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkops.pipeline.write import Write
from sparkops.tables.backends.replaced_slice import ReplacedSlice
from sparkops.tables.catalog import Location
from sparkops.tables.log.delta_log import find_version, load_version
from sparkops.tables.log.replay import count_rows
from sparkops.tables.schema import list_columns
from sparkops.tables.session import Session


def count_removed(location: Location, session: Session, write: Write, parameters: Mapping[str, Any]) -> int:
    """Return the number of rows that publishing a frame without rows would remove.

    Args:
        location: The table.
        session: Counts what the log on this machine does not tell.
        write: Mode and keys.
        parameters: The run's parameters, which define the slice of a `replace`.
    """
    before = find_version(location, session) if write.removes_rows else None
    if before is None:
        return 0
    condition = None
    if write.mode == "replace":
        if set(write.by) - {name for name, _ in list_columns(before.schema)}:
            return 0
        rows_before = load_version(location, session, before.version)
        partition_by = before.partition_by
        replaced = ReplacedSlice.from_parameters(write.by, parameters, rows_before, partition_by=partition_by)
        # A column of the slice without a parameter takes its values from the frame, and an empty frame has none.
        if set(replaced.columns) != set(replaced.conditions):
            return 0
        condition = replaced.fixed_condition
    rows = count_rows(location.local, before.version) if location.local and condition is None else None
    if rows is not None:
        return rows
    frame = load_version(location, session, before.version)
    return int((frame if condition is None else frame.where(condition)).count())
