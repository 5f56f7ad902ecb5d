"""Cases of RandomForestRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, scalar_features


@case("RandomForestRegressionModel", "categories", inputs=SCALAR_COLUMNS, rows=150)
def categories() -> list[Any]:
    from pyspark.ml.regression import RandomForestRegressor

    return [*scalar_features(one_hot=False), RandomForestRegressor(labelCol="y", numTrees=4, seed=1)]
