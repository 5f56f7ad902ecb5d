"""Cases of DecisionTreeClassificationModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import PLAIN_COLUMNS, label_indexer, plain_features


@case("DecisionTreeClassificationModel", "categories", inputs=PLAIN_COLUMNS, rows=150)
def categories() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier

    return [*plain_features(one_hot=False), label_indexer(), DecisionTreeClassifier(maxDepth=6)]


@case("DecisionTreeClassificationModel", "thresholds, one-hot vectors", inputs=PLAIN_COLUMNS, rows=150)
def thresholds() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier

    predictor = DecisionTreeClassifier(labelCol="three").setThresholds([0.5, 0.2, 0.0])
    return [*plain_features(), predictor]
