"""Cases of DecisionTreeClassificationModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, label_indexer, scalar_features


@case("DecisionTreeClassificationModel", "categories", inputs=SCALAR_COLUMNS, rows=150)
def categories() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier

    return [*scalar_features(one_hot=False), label_indexer(), DecisionTreeClassifier(maxDepth=6)]


@case("DecisionTreeClassificationModel", "thresholds, one-hot vectors", inputs=SCALAR_COLUMNS, rows=150)
def thresholds() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier

    predictor = DecisionTreeClassifier(labelCol="three").setThresholds([0.5, 0.2, 0.0])
    return [*scalar_features(), predictor]
