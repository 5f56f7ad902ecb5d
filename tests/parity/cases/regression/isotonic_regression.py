"""Cases of IsotonicRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("IsotonicRegressionModel", "a slot of a vector, rising and falling", inputs=["v"], frame="vectors")
def slots() -> list[Any]:
    from pyspark.ml.regression import IsotonicRegression

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "y"}
    return [
        IsotonicRegression(**common, predictionCol="a"),
        IsotonicRegression(**common, featureIndex=2, isotonic=False, predictionCol="b"),
        IsotonicRegression(**common, featureIndex=3, predictionCol="c"),
    ]


@case("IsotonicRegressionModel", "doubles, null among them", inputs=["x"], rows=200)
def doubles() -> list[Any]:
    from pyspark.ml.regression import IsotonicRegression

    return [IsotonicRegression(featuresCol="x", labelCol="y")]
