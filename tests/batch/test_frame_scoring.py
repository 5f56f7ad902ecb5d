"""Spark's own transform in place of the scorer: the frame's own columns are returned as they are, or the model is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.batch.frame_scoring import score_with_transform
from sparkops.errors import ModelError

pytestmark = pytest.mark.spark


def select(frame: Any, statement: str) -> Any:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import SQLTransformer

    return Pipeline(stages=[SQLTransformer(statement=f"{statement} FROM __THIS__")]).fit(frame)


def test_a_model_that_leaves_out_columns_cannot_be_scored_by_its_transform(spark: Any) -> None:
    frame = spark.createDataFrame([(1, 2.0)], "id int, x double")
    model = select(frame, "SELECT x + 1 AS y")
    with pytest.raises(
        ModelError, match=r"leaves out columns of these rows: id, x .*set models\.batch to mapInArrow"
    ):
        score_with_transform(frame, model, ["y"], None, 1, arrays=True)


def test_null_vectors_become_null_arrays(spark: Any) -> None:
    from pyspark.ml.linalg import Vectors, VectorUDT
    from pyspark.sql.types import StructType

    schema = StructType().add("v", VectorUDT())
    frame = spark.createDataFrame([(Vectors.dense([1.0, 0.0]),), (None,)], schema)
    scored = score_with_transform(frame, select(frame, "SELECT *, v AS o"), ["o"], None, 1, arrays=True)
    assert [row["o"] for row in scored.collect()] == [[1.0, 0.0], None]
