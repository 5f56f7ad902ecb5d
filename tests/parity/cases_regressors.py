"""Regressors on vectors that come as they are, and on single doubles."""

from __future__ import annotations

from typing import Any

from parity.case import case

LINKS = [
    *(("gaussian", link, "y") for link in (None, "identity")),
    *(("gaussian", link, "positive") for link in ("log", "inverse")),
    *(("binomial", link, "two") for link in (None, "logit", "probit", "cloglog")),
    *(("poisson", link, "positive") for link in (None, "log", "identity", "sqrt")),
    *(("gamma", link, "positive") for link in (None, "inverse", "identity", "log")),
]
POWERS = [
    (1.5, None),
    (1.0, None),
    (2.0, None),
    (0.0, None),
    (1.3, 0.0),
    (1.3, 0.5),
    (1.3, -1.0),
    (2.5, -0.3),
]


def _given(**options: Any) -> dict[str, Any]:
    """Return the options that are not None: Spark tells an option that is None from one left out."""
    return {name: value for name, value in options.items() if value is not None}


@case("GeneralizedLinearRegressionModel", "every family and link", inputs=["v"], frame="vectors")
def generalized() -> list[Any]:
    from pyspark.ml.regression import GeneralizedLinearRegression

    return [
        GeneralizedLinearRegression(
            featuresCol="v",
            labelCol=label,
            family=family,
            maxIter=2,
            regParam=0.5,
            predictionCol=f"m{at}",
            linkPredictionCol=f"s{at}",
            **_given(link=link),
        )
        for at, (family, link, label) in enumerate(LINKS)
    ]


@case("GeneralizedLinearRegressionModel", "Tweedie's powers", inputs=["v"], frame="vectors")
def tweedie() -> list[Any]:
    from pyspark.ml.regression import GeneralizedLinearRegression

    return [
        GeneralizedLinearRegression(
            featuresCol="v",
            labelCol="positive",
            family="tweedie",
            variancePower=spread,
            maxIter=2,
            regParam=0.5,
            predictionCol=f"m{at}",
            **_given(linkPower=link),
        )
        for at, (spread, link) in enumerate(POWERS)
    ]


@case("GeneralizedLinearRegressionModel", "offsets, null among them", inputs=["x", "h", "n", "f"])
def with_offsets() -> list[Any]:
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import GeneralizedLinearRegression

    return [
        VectorAssembler(inputCols=["x", "h"], outputCol="v", handleInvalid="keep"),
        GeneralizedLinearRegression(
            featuresCol="v",
            labelCol="y",
            offsetCol="n",
            maxIter=3,
            predictionCol="mean",
            linkPredictionCol="sum",
        ),
        GeneralizedLinearRegression(
            featuresCol="v", labelCol="n", family="poisson", offsetCol="f", maxIter=3, predictionCol="count"
        ),
    ]


@case("AFTSurvivalRegressionModel", "with and without quantiles", inputs=["v"], frame="vectors")
def lifetimes() -> list[Any]:
    from pyspark.ml.regression import AFTSurvivalRegression

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "positive", "censorCol": "two", "maxIter": 4}
    return [
        AFTSurvivalRegression(**common, quantilesCol="times", predictionCol="a"),
        AFTSurvivalRegression(
            **common, quantilesCol="half", quantileProbabilities=[0.5], fitIntercept=False, predictionCol="b"
        ),
        AFTSurvivalRegression(**common, predictionCol="c"),
    ]


@case("IsotonicRegressionModel", "a slot of a vector, rising and falling", inputs=["v"], frame="vectors")
def rising_slots() -> list[Any]:
    from pyspark.ml.regression import IsotonicRegression

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "y"}
    return [
        IsotonicRegression(**common, predictionCol="a"),
        IsotonicRegression(**common, featureIndex=2, isotonic=False, predictionCol="b"),
        IsotonicRegression(**common, featureIndex=3, predictionCol="c"),
    ]


@case("IsotonicRegressionModel", "doubles, null among them", inputs=["x"], rows=200)
def rising_doubles() -> list[Any]:
    from pyspark.ml.regression import IsotonicRegression

    return [IsotonicRegression(featuresCol="x", labelCol="y")]


@case("FMRegressionModel", "with and without linear terms", inputs=["v"], frame="vectors")
def factorization_numbers() -> list[Any]:
    from pyspark.ml.regression import FMRegressor

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "y", "maxIter": 4, "stepSize": 0.1, "seed": 1}
    return [
        FMRegressor(**common, factorSize=2, predictionCol="a"),
        FMRegressor(**common, fitLinear=False, fitIntercept=False, predictionCol="b"),
    ]


@case("FMRegressionModel", "one-hot parts beside numbers", inputs=["c", "x", "n"])
def factorization_of_categories() -> list[Any]:
    from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler
    from pyspark.ml.regression import FMRegressor

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co"),
        VectorAssembler(inputCols=["co", "x", "n"], outputCol="v", handleInvalid="keep"),
        FMRegressor(featuresCol="v", labelCol="y", factorSize=3, maxIter=4, stepSize=0.05, seed=1),
    ]


@case(
    "DecisionTreeRegressionModel",
    "variances, and leaves of every kind of tree",
    inputs=["v"],
    frame="vectors",
)
def variances_and_leaves() -> list[Any]:
    from pyspark.ml.regression import DecisionTreeRegressor, GBTRegressor, RandomForestRegressor

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "y", "maxDepth": 3, "seed": 1}
    return [
        DecisionTreeRegressor(**common, varianceCol="spread", leafCol="leaf_a", predictionCol="a"),
        RandomForestRegressor(**common, numTrees=3, leafCol="leaf_b", predictionCol="b"),
        GBTRegressor(**common, maxIter=2, leafCol="leaf_c", predictionCol="c"),
    ]


@case("DecisionTreeRegressionModel", "leaves of categories", inputs=["c", "d", "x"])
def leaves_of_categories() -> list[Any]:
    from pyspark.ml.feature import StringIndexer, VectorAssembler
    from pyspark.ml.regression import DecisionTreeRegressor, RandomForestRegressor

    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid="keep"),
        VectorAssembler(inputCols=["ci", "di", "x"], outputCol="v", handleInvalid="keep"),
        DecisionTreeRegressor(
            featuresCol="v", labelCol="y", varianceCol="spread", leafCol="leaf_a", predictionCol="one"
        ),
        RandomForestRegressor(
            featuresCol="v", labelCol="y", numTrees=4, leafCol="leaf_b", predictionCol="many", seed=1
        ),
    ]
