"""Cases of LinearRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import PLAIN_COLUMNS, plain_features


@case("LinearRegressionModel", "one-hot vectors with all categories", inputs=PLAIN_COLUMNS, rows=150)
def all_categories() -> list[Any]:
    from pyspark.ml.regression import LinearRegression

    return [*plain_features(drop_last=False), LinearRegression(labelCol="y")]


@case("LinearRegressionModel", "sparse weights", inputs=PLAIN_COLUMNS, rows=150)
def sparse_weights() -> list[Any]:
    from pyspark.ml.regression import LinearRegression

    predictor = LinearRegression(labelCol="y", elasticNetParam=1.0, regParam=1.0)
    return [*plain_features(drop_last=False), predictor]
