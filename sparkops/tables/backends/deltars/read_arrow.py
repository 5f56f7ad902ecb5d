"""The rows of a table on this machine by delta-rs, with no JVM."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sparkops.tables.catalog import Location


def rows_here(location: Location) -> Any:
    """Return a table's newest rows as an Arrow table, or None where only Spark can read them.

    Args:
        location: Of the table, which is there.
    """
    if location.local is None or find_spec("deltalake") is None:
        return None
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError
    from pyarrow import RecordBatchReader

    try:  # by the stream: `pyarrow.table` would import pandas
        return RecordBatchReader.from_stream(DeltaTable(str(location.local)).scan()).read_all()
    except DeltaError:
        return None
