"""Cases of LogisticRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, label_indexer, scalar_features


@case("LogisticRegressionModel", "vectors as input", inputs=["v"], frame="vectors")
def vectors() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression

    return [LogisticRegression(featuresCol="v", labelCol="two", maxIter=4)]


def _binomial(**params: Any) -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StandardScaler

    return [
        *scalar_features(scaler=StandardScaler()),
        label_indexer(),
        LogisticRegression(maxIter=4, **params),
    ]


@case("LogisticRegressionModel", "two classes, keep", inputs=SCALAR_COLUMNS, rows=150)
def two_classes() -> list[Any]:
    return _binomial()


@case("LogisticRegressionModel", "sparse weights", inputs=SCALAR_COLUMNS, rows=150)
def sparse_weights() -> list[Any]:
    return _binomial(elasticNetParam=1.0, regParam=0.05)


@case("LogisticRegressionModel", "threshold, no raw column", inputs=SCALAR_COLUMNS, rows=150)
def threshold() -> list[Any]:
    return _binomial(threshold=0.7, rawPredictionCol="")


@case("LogisticRegressionModel", "two classes, multinomial", inputs=SCALAR_COLUMNS, rows=150)
def multinomial() -> list[Any]:
    return _binomial(family="multinomial")


@case(
    "LogisticRegressionModel",
    "three classes, thresholds",
    inputs=SCALAR_COLUMNS,
    rows=150,
    also=("MinMaxScalerModel",),
)
def thresholds() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import MinMaxScaler

    return [
        *scalar_features(scaler=MinMaxScaler(min=-1.0, max=2.0)),
        LogisticRegression(maxIter=4, labelCol="three", thresholds=[0.2, 0.5, 0.3]),
    ]


@case("LogisticRegressionModel", "labels that are all 0, and all 1", inputs=["v"], frame="vectors")
def constant_labels() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import SQLTransformer

    return [
        SQLTransformer(statement="SELECT *, 0.0D AS zero, 1.0D AS one FROM __THIS__"),
        LogisticRegression(
            featuresCol="v", labelCol="zero", predictionCol="p0", probabilityCol="q0", rawPredictionCol="r0"
        ),
        LogisticRegression(
            featuresCol="v", labelCol="one", predictionCol="p1", probabilityCol="q1", rawPredictionCol="r1"
        ),
    ]
