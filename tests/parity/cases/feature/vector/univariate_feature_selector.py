"""Cases of UnivariateFeatureSelectorModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case(
    "UnivariateFeatureSelectorModel",
    "continuous and categorical labels",
    inputs=["v", "p"],
    frame="vectors",
)
def labels() -> list[Any]:
    from pyspark.ml.feature import UnivariateFeatureSelector

    stages = [
        UnivariateFeatureSelector(featuresCol=column, outputCol=f"{column}o", labelCol=label)
        .setFeatureType("continuous")
        .setLabelType(kind)
        .setSelectionThreshold(2)
        for column, label, kind in (("v", "y", "continuous"), ("p", "two", "categorical"))
    ]
    return [*stages, assemble("vo", "po")]
