"""Cases of FMRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("FMRegressionModel", "with and without linear terms", inputs=["v"], frame="vectors")
def linear_terms() -> list[Any]:
    from pyspark.ml.regression import FMRegressor

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "y", "maxIter": 4, "stepSize": 0.1, "seed": 1}
    return [
        FMRegressor(**common, factorSize=2, predictionCol="a"),
        FMRegressor(**common, fitLinear=False, fitIntercept=False, predictionCol="b"),
    ]


@case("FMRegressionModel", "one-hot vectors beside numbers", inputs=["c", "x", "n"])
def categories() -> list[Any]:
    from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler
    from pyspark.ml.regression import FMRegressor

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co"),
        VectorAssembler(inputCols=["co", "x", "n"], outputCol="v", handleInvalid="keep"),
        FMRegressor(featuresCol="v", labelCol="y", factorSize=3, maxIter=4, stepSize=0.05, seed=1),
    ]
