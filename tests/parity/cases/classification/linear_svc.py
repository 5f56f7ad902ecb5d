"""Cases of LinearSVCModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case(
    "LinearSVCModel", "thresholds of the margin, with and without raw scores", inputs=["v"], frame="vectors"
)
def thresholds() -> list[Any]:
    from pyspark.ml.classification import LinearSVC

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "two", "maxIter": 3}
    return [
        LinearSVC(**common, threshold=0.4, predictionCol="a", rawPredictionCol="ra"),
        LinearSVC(**common, predictionCol="b", rawPredictionCol=""),
    ]
