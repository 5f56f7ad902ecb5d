"""Cases of ChiSqSelectorModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("ChiSqSelectorModel", "the best two", inputs=["p", "q"], frame="vectors")
def best_two() -> list[Any]:
    from pyspark.ml.feature import ChiSqSelector

    return [
        assemble("p", "q", target="w"),
        ChiSqSelector(featuresCol="w", outputCol="o", labelCol="two", numTopFeatures=2),
        ChiSqSelector(featuresCol="p", outputCol="po", labelCol="three", numTopFeatures=3),
        assemble("o", "po"),
    ]
