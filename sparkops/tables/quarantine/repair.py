"""Convert quarantined rows to the columns and types of their table: by casts, or by expressions that repair them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sparkops.core.column_name import quote_column
from sparkops.errors import InputError
from sparkops.tables.error_messages.spark_errors import explain_error
from sparkops.tables.quarantine.quarantine import OWN_COLUMNS, RELEASE_COLUMN, RELEASE_TIME_COLUMN, RUN_COLUMN

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructField, StructType

KEY_COLUMN = "_sparkops_key"


def repair_rows(frame: DataFrame, target: StructType, repairs: Mapping[str, str]) -> DataFrame:
    """Return rows of a quarantine with the columns of their table, and a key of each row.

    Args:
        frame: The rows as they are in the quarantine.
        target: Columns of the table.
        repairs: A Spark SQL expression on the row's own columns, for each column to repair.

    Raises:
        InputError: An expression is not valid, or not about one row.
    """
    values = [
        _apply_repair(frame, field, repairs[field.name]) if field.name in repairs else _cast(frame, field)
        for field in target.fields
    ]
    return frame.select(*values, hash_row([quote_column(name) for name in frame.columns]).alias(KEY_COLUMN))


def hash_row(names: Sequence[str]) -> Column:
    """Return a hash of a row's values. Rows with equal values have one key, and are released together.

    Args:
        names: Columns of the quarantine, in its order, quoted. The columns of releases are left out of the hash.
    """
    from pyspark.sql import functions as F

    release_columns = tuple(quote_column(name) for name in (RELEASE_COLUMN, RELEASE_TIME_COLUMN))
    values = [name for name in names if not name.endswith(release_columns)]
    row = F.struct(*(F.col(name).alias(f"c{number}") for number, name in enumerate(values)))
    return F.sha2(F.to_json(row, {"ignoreNullFields": "false"}), 256)


def _cast(frame: DataFrame, field: StructField) -> Column:
    """Return a column cast to its type; values of another type may be in `<column>__<type>`."""
    from pyspark.sql import functions as F

    names = [
        name
        for name in frame.columns
        if (name == field.name or name.startswith(field.name + "__")) and name not in OWN_COLUMNS
    ]
    values = [F.col(quote_column(name)).cast(field.dataType) for name in names]
    value = F.coalesce(*values) if values else F.lit(None).cast(field.dataType)
    return value.alias(field.name)


def _apply_repair(frame: DataFrame, field: StructField, text: str) -> Column:
    """Return a repaired column, cast to its type."""
    from pyspark.sql import functions as F

    with _translate_errors(field.name, text):
        value = F.expr(text).cast(field.dataType).alias(field.name)
        # Spark refuses an aggregate that is selected together with a column.
        selected = frame.select(F.col(RUN_COLUMN), value).schema
    if len(selected.fields) != 2:  # noqa: PLR2004
        raise InputError(
            f"--set {field.name}={text}: it must be one expression, and it returns several columns."
        )
    return value


@contextmanager
def _translate_errors(column: str, text: str) -> Iterator[None]:
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise InputError(f"--set {column}={text}: {explain_error(error) or error}") from error
