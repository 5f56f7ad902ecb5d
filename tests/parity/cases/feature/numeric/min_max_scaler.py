"""Cases of MinMaxScalerModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, assemble, scalar_features


@case("MinMaxScalerModel", "vectors as input, a constant slot", inputs=["v", "p"], frame="vectors")
def constant_slot() -> list[Any]:
    from pyspark.ml.feature import MinMaxScaler

    return [
        MinMaxScaler(inputCol="v", outputCol="vo"),
        MinMaxScaler(inputCol="p", outputCol="po", min=-1.0, max=3.0),
        assemble("vo", "po"),
    ]


@case("MinMaxScalerModel", "before three classes", inputs=SCALAR_COLUMNS, rows=150)
def before_classifier() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import MinMaxScaler

    features = scalar_features(scaler=MinMaxScaler(min=-1.0, max=2.0))
    return [*features, LogisticRegression(maxIter=4, labelCol="three")]
