"""Cases of GBTClassificationModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, label_indexer, scalar_features


@case("GBTClassificationModel", "leaves of every kind of tree", inputs=["v"], frame="vectors")
def leaves() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier, GBTClassifier, RandomForestClassifier

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "two", "maxDepth": 3, "seed": 1}
    a: dict[str, Any] = {
        "predictionCol": "a",
        "probabilityCol": "pa",
        "rawPredictionCol": "ra",
        "leafCol": "leaf_a",
    }
    b: dict[str, Any] = {
        "predictionCol": "b",
        "probabilityCol": "pb",
        "rawPredictionCol": "rb",
        "leafCol": "leaf_b",
    }
    return [
        DecisionTreeClassifier(**common, **a),
        RandomForestClassifier(**common, **b, numTrees=3).setThresholds([0.4, 0.6]),
        GBTClassifier(**common, maxIter=2, leafCol="leaf_c"),
    ]


@case(
    "GBTClassificationModel",
    "labels of the prediction",
    inputs=SCALAR_COLUMNS,
    rows=150,
    also=("IndexToString",),
)
def labels() -> list[Any]:
    from pyspark.ml.classification import GBTClassifier
    from pyspark.ml.feature import IndexToString

    to_label = IndexToString(inputCol="prediction", outputCol="predicted", labels=["fine", "late"])
    return [*scalar_features(), label_indexer(), GBTClassifier(maxIter=3), to_label]
