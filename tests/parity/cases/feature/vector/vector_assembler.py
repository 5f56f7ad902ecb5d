"""Cases of VectorAssembler."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, label_indexer, scalar_features


@case("VectorAssembler", "vectors and numbers", inputs=["v", "p"], frame="vectors")
def vectors_and_numbers() -> list[Any]:
    from pyspark.ml.feature import StandardScaler, VectorAssembler

    return [
        VectorAssembler(inputCols=["v", "p"], outputCol="all"),
        StandardScaler(inputCol="all", outputCol="scaled"),
    ]


@case(
    "VectorAssembler",
    "error",
    inputs=SCALAR_COLUMNS,
    rows=150,
    also=("StandardScalerModel", "StringIndexerModel", "Bucketizer"),
)
def error() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StandardScaler

    features = scalar_features(invalid="error", scaler=StandardScaler(withMean=True))
    return [*features, label_indexer(), LogisticRegression(maxIter=4)]
