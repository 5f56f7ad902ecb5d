"""Small DataFrames as plain rows, and plain rows as DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.scoring.ir.field import Field


def sample_rows(frame: DataFrame, columns: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Return `count` rows, chosen by their hash: spread over the data, and the same ones for the same data."""
    from pyspark.sql import functions as F

    narrow = frame.select(*(F.col(quote_column(name)) for name in columns))
    hashed = [F.col(quote_column(name)) for name, type_ in narrow.dtypes if type_ != "vector"]
    ordered = narrow.orderBy(F.xxhash64(*hashed)) if hashed else narrow
    return [{name: to_python(row[name]) for name in columns} for row in ordered.limit(count).collect()]


def measure_vectors(fields: Sequence[Field], frame: DataFrame) -> tuple[Field, ...]:
    """Return the fields with the length of each vector, read from a row of the frame that has them all."""
    vectors = [field.name for field in fields if field.type == "vector"]
    if not vectors:
        return tuple(fields)
    from sparkops.compiler.schema import with_vector_sizes

    rows = sample_rows(frame.dropna(subset=vectors), vectors, 1)
    return with_vector_sizes(fields, rows[0] if rows else {})


def create_frame(
    like: DataFrame, fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], index: str
) -> DataFrame:
    """Return rows as a DataFrame, with their positions in the column `index`.

    Without vectors the rows go through Arrow. Spark then keeps them in its plan and scores them in the driver: no job
    runs, and a row that a stage refuses leaves no failed task in the log.

    Args:
        like: A frame that has the fields in their Spark types.
        fields: Columns to create.
        rows: Plain values.
        index: Name of the column of positions.
    """
    import pyarrow as pa
    from pyspark.sql import types as T

    types = {field.name: field.dataType for field in like.schema.fields}
    schema = T.StructType([T.StructField(field.name, types[field.name]) for field in fields])
    schema = schema.add(index, T.LongType(), nullable=False)
    columns = {field.name: [row.get(field.name) for row in rows] for field in fields}
    positions = list(range(len(rows)))
    if all(field.type != "vector" for field in fields):
        table = pa.table({**columns, index: positions})
        return like.sparkSession.createDataFrame(table, schema)
    columns = {field.name: _cells(columns[field.name], field.type) for field in fields}
    return like.sparkSession.createDataFrame(list(zip(*columns.values(), positions, strict=True)), schema)


def to_python(value: Any) -> Any:
    """Return a collected cell as a plain value: a vector becomes a list."""
    return value.toArray().tolist() if hasattr(value, "toArray") else value


def quote_column(name: str) -> str:
    """Return a column name in backticks, so that Spark does not read its dots as struct access."""
    return f"`{name.replace('`', '``')}`"


def _cells(values: list[Any], type_: str) -> list[Any]:
    if type_ != "vector":
        return values
    from pyspark.ml.linalg import Vectors

    return [None if value is None else Vectors.dense(value) for value in values]
