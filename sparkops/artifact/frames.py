"""A few rows of a frame, the same ones for the same data, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.scoring.ir.field import Field


def sample_rows(frame: DataFrame, columns: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Return `count` rows with `columns`, chosen by their hash: spread over the data and the same each time."""
    from pyspark.sql import functions as F

    narrow = frame.select(*(F.col(_quoted(name)) for name in columns))
    hashed = [F.col(_quoted(name)) for name, kind in narrow.dtypes if kind != "vector"]
    chosen = narrow.orderBy(F.xxhash64(*hashed)) if hashed else narrow
    return [{name: to_plain(row[name]) for name in columns} for row in chosen.limit(count).collect()]


def create_frame(
    like: DataFrame, fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], index: str
) -> DataFrame:
    """Return rows as a frame of the fields, in the types of `like`, with their numbers in the column `index`.

    Without vectors the rows go through Arrow, so that Spark holds them in its plan and scores them in the driver:
    no job runs, and a row that a stage refuses leaves no failed task in the log.
    """
    import pyarrow as pa
    from pyspark.sql import types as T

    kinds = {field.name: field.dataType for field in like.schema.fields}
    schema = T.StructType([T.StructField(field.name, kinds[field.name]) for field in fields])
    schema = schema.add(index, T.LongType(), nullable=False)
    columns = {field.name: [row.get(field.name) for row in rows] for field in fields}
    numbers = list(range(len(rows)))
    if all(field.type != "vector" for field in fields):
        table = pa.table({**columns, index: numbers})
        return like.sparkSession.createDataFrame(table, schema)
    columns = {field.name: _cells(columns[field.name], field.type) for field in fields}
    return like.sparkSession.createDataFrame(list(zip(*columns.values(), numbers, strict=True)), schema)


def to_plain(value: Any) -> Any:
    """Return a collected cell as a plain value: a vector becomes a list."""
    return value.toArray().tolist() if hasattr(value, "toArray") else value


def _cells(values: list[Any], kind: str) -> list[Any]:
    if kind != "vector":
        return values
    from pyspark.ml.linalg import Vectors

    return [None if value is None else Vectors.dense(value) for value in values]


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
