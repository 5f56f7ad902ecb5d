"""Cases of FMClassificationModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("FMClassificationModel", "with and without linear terms, thresholds", inputs=["v"], frame="vectors")
def linear_terms() -> list[Any]:
    from pyspark.ml.classification import FMClassifier

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "two", "maxIter": 4, "stepSize": 0.1, "seed": 1}
    return [
        FMClassifier(**common, factorSize=3, predictionCol="a", probabilityCol="pa", rawPredictionCol="ra"),
        FMClassifier(
            **common,
            fitLinear=False,
            thresholds=[0.3, 0.7],
            predictionCol="b",
            probabilityCol="pb",
            rawPredictionCol="rb",
        ),
    ]
