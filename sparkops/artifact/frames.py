"""Convert small DataFrames to plain rows, and plain rows to DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from sparkops.core.column_name import quote_column
from sparkops.core.type_names import TYPE_NAMES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.scoring.ir.field import Field

_TEMPORAL = ("date", "timestamp")


def sample_rows(frame: DataFrame, columns: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Return `count` rows, chosen by their hash: spread over the data, and the same ones for the same data."""
    from pyspark.sql import functions as F

    narrow = frame.select(*(F.col(quote_path(frame, name)).alias(name) for name in columns))
    hashed = [F.col(quote_column(name)) for name, type_ in narrow.dtypes if type_ != "vector"]
    ordered = narrow.orderBy(F.xxhash64(*hashed)) if hashed else narrow
    zone = read_session_zone(frame)
    return [{name: to_python(row[name], zone) for name in columns} for row in ordered.limit(count).collect()]


def read_session_zone_name(frame: DataFrame) -> str:
    """Return the name of the session's time zone, in which timestamps of rows are given."""
    return str(frame.sparkSession.conf.get("spark.sql.session.timeZone"))


def read_session_zone(frame: DataFrame) -> tzinfo | None:
    """Return the session's time zone."""
    from sparkops.scoring.ir.temporal import parse_time_zone

    return parse_time_zone(read_session_zone_name(frame))


def measure_vectors(fields: Sequence[Field], frame: DataFrame) -> tuple[Field, ...]:
    """Return the fields with the length of each vector, read from a row of the frame that has them all."""
    vectors = [field.name for field in fields if field.type == "vector" and field.name in frame.columns]
    if not vectors:
        return tuple(fields)
    from sparkops.compiler.schema import with_vector_sizes

    rows = sample_rows(frame.dropna(subset=vectors), vectors, 1)
    return with_vector_sizes(fields, rows[0] if rows else {})


def read_frame_fields(frame: DataFrame) -> tuple[Field, ...]:
    """Return the columns of a frame as fields, with the length of each vector and the time zone of each time."""
    from sparkops.compiler.schema import fields_from_spark

    fields = measure_vectors(fields_from_spark(frame.schema.jsonValue()), frame)
    zone = read_session_zone_name(frame)
    return tuple(
        replace(field, zone=zone) if field.type.removeprefix("array<").startswith(_TEMPORAL) else field
        for field in fields
    )


def create_frame(
    like: DataFrame, fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], index: str
) -> DataFrame:
    """Return rows as a DataFrame, with their positions in the column `index`.

    It has the other columns of `like`, too, because Spark's analysis may need a column whose values change no answer,
    such as the label. They hold null unless the rows have values for them.

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
    read = dict.fromkeys(_find_root_column(types, field.name) for field in fields)
    names = [*read, *(name for name in types if name not in read)]
    schema = T.StructType([T.StructField(name, types[name]) for name in names])
    schema = schema.add(index, T.LongType(), nullable=False)
    paths = [field.name for field in fields if field.name not in types]
    nested = [nest_structs(row, paths) for row in rows] if paths else rows
    columns = {name: [row.get(name) for row in nested] for name in names}
    positions = list(range(len(rows)))
    zone = read_session_zone(like)
    if not any(isinstance(field.dataType, T.UserDefinedType) for field in schema):
        arrays = [_build_arrow_array(columns[name], types[name], zone) for name in names]
        table = pa.table([*arrays, pa.array(positions)], [*names, index])
        return like.sparkSession.createDataFrame(table, schema)
    kinds = {field.name: field.type for field in fields}
    columns = {name: _convert_cells(columns[name], kinds.get(name, ""), zone) for name in names}
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


def _find_root_column(columns: Mapping[str, Any], name: str) -> str:
    return name if name in columns else name.partition(".")[0]


def _build_arrow_array(values: list[Any], data_type: Any, zone: tzinfo | None) -> Any:
    """Return a column in Arrow; structs, of which rows may have only some fields, with all of their fields."""
    import pyarrow as pa
    from pyspark.sql import types as T
    from pyspark.sql.pandas.types import to_arrow_type

    if not isinstance(data_type, T.StructType):
        return pa.array(values)
    return pa.array([_set_zone(value, zone) for value in values], to_arrow_type(data_type))


def _set_zone(value: Any, zone: tzinfo | None) -> Any:
    """Return a value with the session's time zone in every timestamp."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone)
    if isinstance(value, dict):
        return {name: _set_zone(item, zone) for name, item in value.items()}
    return [_set_zone(item, zone) for item in value] if isinstance(value, list) else value


def nest_structs(row: Mapping[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """Return a row with structs in place of values by path: the reverse of `flatten_structs`."""
    nested = {name: value for name, value in row.items() if name not in paths}
    for path in paths:
        *parents, leaf = path.split(".")
        struct = nested
        for parent in parents:
            struct = struct.setdefault(parent, {})
        struct[leaf] = row.get(path)
    return nested


def to_python(value: Any, zone: tzinfo | None = None) -> Any:
    """Return a collected cell as a plain value: a vector becomes a list, a timestamp one of the session's clock.

    Args:
        value: The cell; PySpark returns timestamps as the clock of this machine shows them.
        zone: The session's time zone; None leaves timestamps as they are.
    """
    if isinstance(value, datetime) and zone is not None:
        return value.astimezone(zone).replace(tzinfo=None)
    if isinstance(value, list):
        return [to_python(item, zone) for item in value]
    return value.toArray().tolist() if hasattr(value, "toArray") else value


def quote_path(frame: DataFrame, name: str) -> str:
    """Return the name of a column, or the path of a field of a struct, in backticks."""
    return quote_column(name) if name in frame.columns else ".".join(map(quote_column, name.split(".")))


def find_input_type(frame: DataFrame, name: str) -> str:
    """Return the type of a column or of a field of a struct by its path, as `dtypes` has it; empty if there is none."""
    from pyspark.sql import types as T

    if name in frame.columns:
        return dict(frame.dtypes)[name]
    data_type: T.DataType = frame.schema
    for part in name.split("."):
        if not isinstance(data_type, T.StructType) or part not in data_type.names:
            return ""
        data_type = data_type[part].dataType
    return data_type.simpleString()


def _convert_cells(values: list[Any], type_: str, zone: tzinfo | None) -> list[Any]:
    if type_ == "timestamp":
        # PySpark would read a time without a zone by the clock of this machine.
        return [_set_zone(value, zone) for value in values]
    if type_ != "vector":
        return values
    from pyspark.ml.linalg import Vectors

    return [None if value is None else Vectors.dense(value) for value in values]
