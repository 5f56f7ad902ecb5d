"""Select the backend of an operation: delta-rs where it supports the operation and the table, else Spark."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from sparkops.tables.backends.deltars.backend import DeltaRsBackend
from sparkops.tables.backends.protocol import UnsupportedOperation
from sparkops.tables.backends.spark.backend import SparkBackend
from sparkops.tables.catalog import Location
from sparkops.tables.session import Session

T = TypeVar("T")
Backend = DeltaRsBackend | SparkBackend

_log = logging.getLogger("sparkops.tables")


def run_on_backend(location: Location, session: Session, operation: Callable[[Backend], T]) -> T:
    """Run an operation with delta-rs, which needs no JVM, or with Spark where delta-rs does not support it.

    The reason for Spark is logged: storage that is not local, a catalog table, a feature of the table (column mapping,
    generated columns, change data feed...), a type or a mode that delta-rs does not write, or `commits: spark`.

    Args:
        location: The table.
        session: Used only by Spark.
        operation: Calls one method of the backend.
    """
    try:
        return operation(DeltaRsBackend(location))
    except UnsupportedOperation as unsupported:
        _log.info("Table `%s`: Spark is used, because %s.", location.table, unsupported)
    return operation(SparkBackend(location, session))
