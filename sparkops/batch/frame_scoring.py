"""The two methods that score a Spark frame: the compiled scorer in `mapInArrow`, and the model's own transform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparkops.artifact.frames import quote_column

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

    from sparkops.scoring.ir.description import Output
    from sparkops.scoring.scorer import Scorer

VERSION_COLUMN = "model_version"


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
    vectors = [output.name for output in outputs if output.type == "vector"]
    if arrays or not vectors:
        return scored
    return scored.withColumns({name: array_to_vector(F.col(quote_column(name))) for name in vectors})


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
    """
    from pyspark.sql import functions as F

    scored: DataFrame = fitted.transform(frame)
    labels = _build_label_columns(scorer)
    added = [
        labels[name] if name in labels else _select_output(scored, name, arrays=arrays) for name in outputs
    ]
    version_column = F.lit(version).alias(VERSION_COLUMN)
    return scored.select(*(F.col(quote_column(name)) for name in frame.columns), *added, version_column)


def _build_label_columns(scorer: Scorer | None) -> Mapping[str, Column]:
    """Return the label of the predicted class, where the scorer has such an output and Spark has no column for it."""
    if scorer is None or not scorer.classes:
        return {}
    from pyspark.sql import functions as F

    prediction = scorer.output("prediction")
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

    column = F.col(quote_column(name))
    is_vector = isinstance(scored.schema[name].dataType, VectorUDT)
    return vector_to_array(column).alias(name) if arrays and is_vector else column


def _to_spark_type(type_: str) -> DataType:
    from pyspark.sql import types as T

    if type_ == "vector":
        return T.ArrayType(T.DoubleType(), containsNull=False)
    if type_.startswith("array<"):
        return T.ArrayType(_to_spark_type(type_[6:-1]))
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
        "timestamp": T.TimestampType(),
    }[type_]
