"""Cases of GeneralizedLinearRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case

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


LINKS = [
    *(("gaussian", link, "y") for link in (None, "identity")),
    *(("gaussian", link, "positive") for link in ("log", "inverse")),
    *(("binomial", link, "two") for link in (None, "logit", "probit", "cloglog")),
    *(("poisson", link, "positive") for link in (None, "log", "identity", "sqrt")),
    *(("gamma", link, "positive") for link in (None, "inverse", "identity", "log")),
]


def _without_none(**options: Any) -> dict[str, Any]:
    """Return the options that are not None: Spark tells an option that is None from one left out."""
    return {name: value for name, value in options.items() if value is not None}


@case("GeneralizedLinearRegressionModel", "every family and link", inputs=["v"], frame="vectors")
def families() -> list[Any]:
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
            **_without_none(link=link),
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
            **_without_none(linkPower=link),
        )
        for at, (spread, link) in enumerate(POWERS)
    ]


@case("GeneralizedLinearRegressionModel", "offsets, null among them", inputs=["x", "h", "n", "f"])
def offsets() -> list[Any]:
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
