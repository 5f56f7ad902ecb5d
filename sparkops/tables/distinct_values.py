"""The distinct values of one column of a table version: by delta-rs where it can read them, else by Spark."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sparkops.core.column_name import quote_column
from sparkops.core.type_names import FLOATING_TYPES, INTEGER_BITS
from sparkops.errors import InputError, UnknownName
from sparkops.pipeline.table import Pin
from sparkops.tables.backends.deltars.support import open_if_supported, require_local_folder
from sparkops.tables.backends.protocol import UnsupportedOperation
from sparkops.tables.catalog import Catalog
from sparkops.tables.error_messages.spark_errors import translate_spark_errors
from sparkops.tables.log import local_log
from sparkops.tables.log.delta_log import read_schema_json
from sparkops.tables.read import read_pinned
from sparkops.tables.schema import format_type, list_columns
from sparkops.tables.session import Session

_log = logging.getLogger("sparkops.tables")

# Types whose values can be those of a parameter. Timestamps cannot: they read differently in another time zone.
_TYPES: Final = frozenset((*INTEGER_BITS, *FLOATING_TYPES, "string", "boolean", "date"))


@dataclass(frozen=True, slots=True)
class DistinctValues:
    """The distinct values of a column.

    Args:
        values: The values, sorted, without null.
        has_null: Whether the column has nulls.
    """

    values: tuple[Any, ...]
    has_null: bool


@dataclass(frozen=True, slots=True)
class DistinctReader:
    """Reads the distinct values of columns.

    Args:
        catalog: Locates tables.
        session: Reads what delta-rs cannot read.
        cache: Folder for unpacked archives of sources.
    """

    catalog: Catalog
    session: Session
    cache: Path

    def read(self, pin: Pin, column: str, *, limit: int) -> DistinctValues:
        """Return the distinct values of a column of a table version.

        Args:
            pin: The version.
            column: The column.
            limit: Maximum number of distinct values, without null.

        Raises:
            UnknownName: The table has no such column.
            InputError: The column has more values, NaN, or a type whose values cannot be those of a parameter.
        """
        try:
            values = self._read_by_delta_rs(pin, column, limit)
        except UnsupportedOperation as unsupported:
            _log.info("Table `%s`: Spark is used, because %s.", pin.table, unsupported)
            values = self._read_by_spark(pin, column, limit)
        if len(values - {None}) > limit:
            raise InputError(f"Column `{column}` of `{pin.table}` has more than {limit:,} distinct values.")
        if any(isinstance(value, float) and math.isnan(value) for value in values):
            raise InputError(
                f"Column `{column}` of `{pin.table}` has NaN, which is the value of no parameter."
            )
        return DistinctValues(tuple(sorted(values - {None})), has_null=None in values)

    def _read_by_delta_rs(self, pin: Pin, column: str, limit: int) -> set[Any]:
        location = self.catalog.locate(pin.table)
        if location.kind == "source" or pin.version is None:
            raise UnsupportedOperation("it is no Delta table")
        folder = require_local_folder(location)
        version = local_log.read_version(folder, at=pin.version)
        if version is None:
            raise UnsupportedOperation("its log cannot be read")
        _require_column(pin.table, version.schema, column)
        return _scan(folder, pin.version, column, limit)

    def _read_by_spark(self, pin: Pin, column: str, limit: int) -> set[Any]:
        with translate_spark_errors():
            frame = read_pinned(self.catalog, self.session, pin, cache=self.cache)
            _require_column(pin.table, read_schema_json(frame), column)
            # One value above the limit, and null.
            rows = frame.select(quote_column(column)).distinct().limit(limit + 2).collect()
        return {row[0] for row in rows}


def _scan(folder: Path, version: int, column: str, limit: int) -> set[Any]:
    """Return the distinct values of a column; reading stops once they are certain to exceed the limit."""
    from deltalake.exceptions import DeltaError
    from pyarrow import RecordBatchReader, compute

    values: set[Any] = set()
    table = open_if_supported(folder)
    try:
        table.load_as_version(version)
        batches: Iterable[Any] = RecordBatchReader.from_stream(table.scan(columns=[column]))
        for batch in batches:
            values.update(compute.unique(_replace_view(batch.column(0))).to_pylist())
            # Null does not count.
            if len(values) > limit + 1:
                break
    except (DeltaError, ValueError, OverflowError) as error:
        raise UnsupportedOperation(f"delta-rs cannot read column `{column}` ({error})") from error
    return values


def _replace_view(values: Any) -> Any:
    """Cast `string_view`, as which delta-rs reads text, to `string`, which Arrow can compute with."""
    import pyarrow as pa

    return values.cast(pa.string()) if pa.types.is_string_view(values.type) else values


def _require_column(table: str, schema: Mapping[str, Any], column: str) -> None:
    """Refuse a column that is missing, or whose values cannot be those of a parameter."""
    types = {field["name"]: field["type"] for field in schema["fields"]}
    if column not in types:
        raise UnknownName(
            "column", column, [name for name, _ in list_columns(schema)], where=f"table `{table}`"
        )
    kind = types[column]
    if not isinstance(kind, str) or not (kind in _TYPES or kind.startswith("decimal(")):
        raise InputError(
            f"Column `{column}` of `{table}` is of type {format_type(kind)}: "
            "take one of text, numbers, days or booleans."
        )
