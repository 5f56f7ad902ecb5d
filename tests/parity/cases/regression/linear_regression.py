"""Cases of LinearRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, scalar_features


@case("LinearRegressionModel", "one-hot vectors with all categories", inputs=SCALAR_COLUMNS, rows=150)
def all_categories() -> list[Any]:
    from pyspark.ml.regression import LinearRegression

    return [*scalar_features(drop_last=False), LinearRegression(labelCol="y")]


@case("LinearRegressionModel", "sparse weights", inputs=SCALAR_COLUMNS, rows=150)
def sparse_weights() -> list[Any]:
    from pyspark.ml.regression import LinearRegression

    predictor = LinearRegression(labelCol="y", elasticNetParam=1.0, regParam=1.0)
    return [*scalar_features(drop_last=False), predictor]
