"""Cases of VarianceThresholdSelectorModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("VarianceThresholdSelectorModel", "some slots, and none", inputs=["v", "p"], frame="vectors")
def some_and_none() -> list[Any]:
    from pyspark.ml.feature import VarianceThresholdSelector

    return [
        VarianceThresholdSelector(featuresCol="v", outputCol="vo", varianceThreshold=0.5),
        VarianceThresholdSelector(featuresCol="p", outputCol="po", varianceThreshold=1e9),
        assemble("vo", "po"),
    ]


@case("VarianceThresholdSelectorModel", "no slot is left", inputs=["p"], frame="vectors")
def no_slot() -> list[Any]:
    from pyspark.ml.feature import VarianceThresholdSelector

    return [VarianceThresholdSelector(featuresCol="p", outputCol="po", varianceThreshold=1e9)]
