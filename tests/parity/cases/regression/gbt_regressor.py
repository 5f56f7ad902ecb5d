"""Cases of GBTRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, scalar_features


@case(
    "GBTRegressionModel",
    "categories",
    inputs=SCALAR_COLUMNS,
    rows=150,
    also=("ImputerModel", "Bucketizer", "StringIndexerModel"),
)
def categories() -> list[Any]:
    from pyspark.ml.regression import GBTRegressor

    return [*scalar_features(one_hot=False), GBTRegressor(labelCol="y", maxIter=3)]
