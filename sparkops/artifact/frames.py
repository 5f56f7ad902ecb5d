"""Small DataFrames as plain rows, and plain rows as DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparkops.core.type_names import TYPE_NAMES

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

    It has the other columns of `like`, too, because Spark's analysis may need a column whose values change no answer, such as the
    label. They hold null unless the rows have values for them.

    Without a vector the rows go through Arrow. Spark then keeps them in its plan and scores them in the driver: no job
    runs, and a row that a stage refuses leaves no failed task in the log.

    Args:
        like: A frame that has the fields in their Spark types.
        fields: Columns that the model reads.
        rows: Plain values.
        index: Name of the column of positions.
    """
    import pyarrow as pa
    from pyspark.sql import types as T

    types = {field.name: field.dataType for field in like.schema.fields}
    read = [field.name for field in fields]
    unread = [name for name in types if name not in read]
    schema = T.StructType([T.StructField(name, types[name]) for name in (*read, *unread)])
    schema = schema.add(index, T.LongType(), nullable=False)
    columns = {name: [row.get(name) for row in rows] for name in (*read, *unread)}
    positions = list(range(len(rows)))
    if not any(isinstance(field.dataType, T.UserDefinedType) for field in schema):
        table = pa.table({**columns, index: positions})
        return like.sparkSession.createDataFrame(table, schema)
    columns |= {field.name: _cells(columns[field.name], field.type) for field in fields}
    return like.sparkSession.createDataFrame(list(zip(*columns.values(), positions, strict=True)), schema)


def sample_unread(frame: DataFrame, fields: Sequence[Field]) -> dict[str, Any]:
    """Return a value for each column of a frame that is no field, from one row; null for a type that is not simple."""
    read = {field.name for field in fields}
    simple = [name for name, type_ in frame.dtypes if name not in read and _is_simple(type_)]
    rows = sample_rows(frame.select(*map(quote_column, simple)).limit(1), simple, 1) if simple else []
    return rows[0] if rows else {}


def _is_simple(type_: str) -> bool:
    from sparkops.scoring.ir.field import ATOMIC

    return TYPE_NAMES.get(type_, type_) in ATOMIC


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
