"""Cases of RandomForestClassificationModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, scalar_features


@case("RandomForestClassificationModel", "vectors as input", inputs=["v"], frame="vectors")
def vectors() -> list[Any]:
    from pyspark.ml.classification import RandomForestClassifier

    return [RandomForestClassifier(featuresCol="v", labelCol="three", numTrees=3, seed=1)]


@case("RandomForestClassificationModel", "three classes", inputs=SCALAR_COLUMNS, rows=150)
def three_classes() -> list[Any]:
    from pyspark.ml.classification import RandomForestClassifier

    return [*scalar_features(one_hot=False), RandomForestClassifier(labelCol="three", numTrees=4, seed=1)]
