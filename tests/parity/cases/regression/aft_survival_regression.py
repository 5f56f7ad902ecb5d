"""Cases of AFTSurvivalRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("AFTSurvivalRegressionModel", "with and without quantiles", inputs=["v"], frame="vectors")
def quantiles() -> list[Any]:
    from pyspark.ml.regression import AFTSurvivalRegression

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "positive", "censorCol": "two", "maxIter": 4}
    return [
        AFTSurvivalRegression(**common, quantilesCol="times", predictionCol="a"),
        AFTSurvivalRegression(
            **common, quantilesCol="half", quantileProbabilities=[0.5], fitIntercept=False, predictionCol="b"
        ),
        AFTSurvivalRegression(**common, predictionCol="c"),
    ]
