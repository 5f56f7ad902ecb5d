"""The two ways in which Spark scores a frame by a model: the compiled scorer in `mapInArrow`, and its own transform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

    from sparkops.scoring.ir.description import Output
    from sparkops.scoring.scorer import Scorer

VERSION_COLUMN = "model_version"


def score_with_compiled(
    frame: DataFrame, score: Any, outputs: Sequence[Output], *, arrays: bool
) -> DataFrame:
    """Score a frame by the compiled scorer, in the executors' Python.

    Args:
        frame: Rows with the columns that the model reads.
        score: An `ArrowScorer` with the version's column, of this process or of the code that was sent.
        outputs: What the scorer answers.
        arrays: Give vectors as arrays of doubles.
    """
    from pyspark.ml.functions import array_to_vector
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    added = [T.StructField(output.name, _type(output.type)) for output in outputs]
    version = T.StructField(VERSION_COLUMN, T.IntegerType(), nullable=False)
    scored = frame.mapInArrow(score, T.StructType([*frame.schema.fields, *added, version]))
    vectors = [output.name for output in outputs if output.type == "vector"]
    if arrays or not vectors:
        return scored
    return scored.withColumns({name: array_to_vector(F.col(quote_column(name))) for name in vectors})


def score_with_transform(
    frame: DataFrame,
    fitted: Any,
    answers: Sequence[str],
    scorer: Scorer | None,
    version: int,
    *,
    arrays: bool,
) -> DataFrame:
    """Score a frame by the saved model's own transform.

    Args:
        frame: Rows with the columns that the model reads.
        fitted: The fitted model.
        answers: The columns to add.
        scorer: The compiled scorer, which knows how a class is called; if there is one.
        version: The registered version.
        arrays: Give vectors as arrays of doubles.
    """
    from pyspark.sql import functions as F

    scored: DataFrame = fitted.transform(frame)
    derived = _derived(scorer)
    added = [derived[name] if name in derived else _answer(scored, name, arrays=arrays) for name in answers]
    column = F.lit(version).alias(VERSION_COLUMN)
    return scored.select(*(F.col(quote_column(name)) for name in frame.columns), *added, column)


def quote_column(name: str) -> str:
    """Return a column's name as Spark reads it, dots and all."""
    return f"`{name.replace('`', '``')}`"


def _derived(scorer: Scorer | None) -> Mapping[str, Column]:
    """Return the label by name, where the scorer makes one of the predicted class and no column of Spark holds it."""
    if scorer is None or not scorer.classes:
        return {}
    from pyspark.sql import functions as F

    prediction = scorer.output("prediction")
    classes = F.array(*(F.lit(each) for each in scorer.classes))
    return {
        output.name: F.get(classes, F.col(quote_column(str(prediction.column))).cast("int")).alias(
            output.name
        )
        for output in scorer.outputs
        if output.column is None and prediction is not None
    }


def _type(kind: str) -> DataType:
    from pyspark.sql import types as T

    if kind == "vector":
        return T.ArrayType(T.DoubleType(), containsNull=False)
    if kind.startswith("array<"):
        return T.ArrayType(_type(kind[6:-1]))
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
    }[kind]


def _answer(scored: DataFrame, name: str, *, arrays: bool) -> Column:
    from pyspark.ml.functions import vector_to_array
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql import functions as F

    column = F.col(quote_column(name))
    vector = isinstance(scored.schema[name].dataType, VectorUDT)
    return vector_to_array(column).alias(name) if arrays and vector else column
