"""Cases of GBTRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import PLAIN_COLUMNS, plain_features


@case(
    "GBTRegressionModel",
    "categories",
    inputs=PLAIN_COLUMNS,
    rows=150,
    also=("ImputerModel", "Bucketizer", "StringIndexerModel"),
)
def categories() -> list[Any]:
    from pyspark.ml.regression import GBTRegressor

    return [*plain_features(one_hot=False), GBTRegressor(labelCol="y", maxIter=3)]
