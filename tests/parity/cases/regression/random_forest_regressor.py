"""Cases of RandomForestRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import PLAIN_COLUMNS, plain_features


@case("RandomForestRegressionModel", "categories", inputs=PLAIN_COLUMNS, rows=150)
def categories() -> list[Any]:
    from pyspark.ml.regression import RandomForestRegressor

    return [*plain_features(one_hot=False), RandomForestRegressor(labelCol="y", numTrees=4, seed=1)]
