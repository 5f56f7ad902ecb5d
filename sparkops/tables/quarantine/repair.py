"""Quarantined rows with the columns and types of their table: carried over, or repaired by an expression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sparkops.errors import InputError
from sparkops.tables.error_messages.translation import explain
from sparkops.tables.quarantine.quarantine import OWN_COLUMNS, RELEASE_COLUMN, RELEASED_COLUMN, RUN_COLUMN
from sparkops.tables.write.replaced_slice import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructField, StructType

KEY = "_sparkops_key"


def repaired(frame: DataFrame, target: StructType, repairs: Mapping[str, str]) -> DataFrame:
    """Return rows of a quarantine as rows of its table, with a key that says which row each is.

    Args:
        frame: The rows as they were held back.
        target: The table's columns.
        repairs: Column to a Spark SQL expression on the row's own columns.

    Raises:
        InputError: An expression that cannot be read, or that is not about one row.
    """
    values = [
        _expression(frame, field, repairs[field.name]) if field.name in repairs else _carried(frame, field)
        for field in target.fields
    ]
    return frame.select(*values, key([quoted(name) for name in frame.columns]).alias(KEY))


def key(names: Sequence[str]) -> Column:
    """Return a text that two rows share only where they hold the same; such rows go together.

    Args:
        names: A quarantine's columns, in its order, quoted; those of releases do not count.
    """
    from pyspark.sql import functions as F

    own = tuple(quoted(name) for name in (RELEASE_COLUMN, RELEASED_COLUMN))
    held = [name for name in names if not name.endswith(own)]
    whole = F.struct(*(F.col(name).alias(f"c{number}") for number, name in enumerate(held)))
    return F.sha2(F.to_json(whole, {"ignoreNullFields": "false"}), 256)


def _carried(frame: DataFrame, field: StructField) -> Column:
    """Return a column as it was held back; what came with another type stands beside it, as `<column>__<type>`."""
    from pyspark.sql import functions as F

    beside = [
        name
        for name in frame.columns
        if (name == field.name or name.startswith(field.name + "__")) and name not in OWN_COLUMNS
    ]
    found = [F.col(quoted(name)).cast(field.dataType) for name in beside]
    value = F.coalesce(*found) if found else F.lit(None).cast(field.dataType)
    return value.alias(field.name)


def _expression(frame: DataFrame, field: StructField, text: str) -> Column:
    """Return a repair, cast to its column's type."""
    from pyspark.sql import functions as F

    with _read_as(field.name, text):
        value = F.expr(text).cast(field.dataType).alias(field.name)
        found = frame.select(F.col(RUN_COLUMN), value).schema  # beside a column, an aggregate is refused
    if len(found.fields) != 2:  # noqa: PLR2004
        raise InputError(
            f"--set {field.name}={text}: one expression is wanted, and this gives several columns."
        )
    return value


@contextmanager
def _read_as(column: str, text: str) -> Iterator[None]:
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise InputError(f"--set {column}={text}: {explain(error) or error}") from error
