"""The two methods that score a Spark frame: the compiled scorer in `mapInArrow`, and the model's own transform."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparkops.core.column_name import quote_column
from sparkops.core.type_names import parse_decimal_digits, parse_element_type
from sparkops.errors import ModelError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

    from sparkops.scoring.ir.description import Output
    from sparkops.scoring.scorer import Scorer

VERSION_COLUMN = "model_version"
_VECTORS = ("vector", "array<vector>")


def score_with_map_in_arrow(
    frame: DataFrame, score: Any, outputs: Sequence[Output], *, arrays: bool
) -> DataFrame:
    """Score a frame with a function over Arrow batches, in the executors' Python.

    Args:
        frame: Rows with the columns that the model reads.
        score: A function for `mapInArrow` that adds the outputs and the version column.
        outputs: Outputs of the model.
        arrays: Return vectors as arrays of doubles.
    """
    from pyspark.ml.functions import array_to_vector
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    added = [T.StructField(output.name, _to_spark_type(output.type)) for output in outputs]
    version = T.StructField(VERSION_COLUMN, T.IntegerType(), nullable=False)
    scored = frame.mapInArrow(score, T.StructType([*frame.schema.fields, *added, version]))
    # The session's clock shows what the scorer answers; only Spark knows its time zone.
    times = {output.name: output.type for output in outputs if "timestamp" in output.type}
    if times:
        scored = scored.withColumns(
            {name: F.col(quote_column(name)).cast(type_) for name, type_ in times.items()}
        )
    vectors = {output.name: output.type for output in outputs if output.type in _VECTORS}
    if arrays or not vectors:
        return scored
    return scored.withColumns(
        {name: _convert(name, array_to_vector, type_) for name, type_ in vectors.items()}
    )


def score_with_transform(
    frame: DataFrame,
    fitted: Any,
    outputs: Sequence[str],
    scorer: Scorer | None,
    version: int,
    *,
    arrays: bool,
) -> DataFrame:
    """Score a frame with the fitted model's own transform.

    Args:
        frame: Rows with the columns that the model reads.
        fitted: The fitted model.
        outputs: Columns to add.
        scorer: The compiled scorer if there is one; it knows the names of the classes.
        version: The registered version.
        arrays: Return vectors as arrays of doubles.

    Raises:
        ModelError: The model itself leaves out columns of the frame.
    """
    from pyspark.sql import functions as F

    scored: DataFrame = fitted.transform(frame)
    left_out = [name for name in frame.columns if name not in scored.columns]
    if left_out:
        raise ModelError(
            f"The model leaves out columns of these rows: {', '.join(left_out)} (its SQLTransformer selects "
            "others), so Spark's own transform can't return them. Begin its statement with SELECT *, or "
            "set models.batch to mapInArrow."
        )
    labels = _build_label_columns(scorer)
    added = [
        labels[name] if name in labels else _select_output(scored, name, arrays=arrays) for name in outputs
    ]
    version_column = F.lit(version).alias(VERSION_COLUMN)
    return scored.select(*_select_own_columns(frame, scored), *added, version_column)


def _select_own_columns(frame: DataFrame, scored: DataFrame) -> list[Column]:
    """Return the frame's columns in their types: ALSModel casts the ids, which are whole numbers, to integers."""
    from pyspark.sql import functions as F

    columns = {name: F.col(quote_column(name)) for name in frame.columns}
    return [
        column
        if scored.schema[name].dataType == frame.schema[name].dataType
        else column.cast(frame.schema[name].dataType).alias(name)
        for name, column in columns.items()
    ]


def _build_label_columns(scorer: Scorer | None) -> Mapping[str, Column]:
    """Return the label of the predicted class, where the scorer has such an output and Spark has no column for it."""
    if scorer is None or not scorer.classes:
        return {}
    from pyspark.sql import functions as F

    prediction = scorer.find_output("prediction")
    classes = F.array(*(F.lit(name) for name in scorer.classes))
    return {
        output.name: F.get(classes, F.col(quote_column(str(prediction.column))).cast("int")).alias(
            output.name
        )
        for output in scorer.outputs
        if output.column is None and prediction is not None
    }


def _select_output(scored: DataFrame, name: str, *, arrays: bool) -> Column:
    from pyspark.ml.functions import vector_to_array
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql import functions as F
    from pyspark.sql.types import ArrayType

    data_type = scored.schema[name].dataType
    if arrays and isinstance(data_type, VectorUDT):
        return _convert(name, vector_to_array, "vector").alias(name)
    if arrays and isinstance(data_type, ArrayType) and isinstance(data_type.elementType, VectorUDT):
        return _convert(name, vector_to_array, "array<vector>").alias(name)
    return F.col(quote_column(name))


def _convert(name: str, convert: Callable[[Column], Column], type_: str) -> Column:
    """Return a column of vectors, or of arrays of vectors, converted.

    Null stays null: Spark's functions would refuse it.
    """
    from pyspark.sql import functions as F

    def convert_item(item: Column) -> Column:
        # Of one argument: `transform` would pass the index as a second one.
        return convert(item)

    column = F.col(quote_column(name))
    return F.when(
        column.isNotNull(),
        convert(column) if type_ == "vector" else F.transform(column, convert_item),
    )


def _to_spark_type(type_: str) -> DataType:
    """Return the type of an output as `mapInArrow` returns it."""
    from pyspark.sql import types as T

    if type_ == "vector":
        return T.ArrayType(T.DoubleType(), containsNull=False)
    element = parse_element_type(type_)
    if element is not None:
        return T.ArrayType(_to_spark_type(element))
    digits = parse_decimal_digits(type_)
    if digits is not None:
        return T.DecimalType(*digits)
    return {
        "boolean": T.BooleanType(),
        "byte": T.ByteType(),
        "short": T.ShortType(),
        "integer": T.IntegerType(),
        "long": T.LongType(),
        "float": T.FloatType(),
        "double": T.DoubleType(),
        "string": T.StringType(),
        "date": T.DateType(),
        "timestamp": T.TimestampNTZType(),
    }[type_]
