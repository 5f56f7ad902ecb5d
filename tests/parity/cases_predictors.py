"""Predictors on vectors that come as they are."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("LogisticRegressionModel", "vectors as input", inputs=["v"], frame="vectors")
def logistic_on_vectors() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression

    return [LogisticRegression(featuresCol="v", labelCol="two", maxIter=4)]


@case("RandomForestClassificationModel", "vectors as input", inputs=["v"], frame="vectors")
def forest_on_vectors() -> list[Any]:
    from pyspark.ml.classification import RandomForestClassifier

    return [RandomForestClassifier(featuresCol="v", labelCol="three", numTrees=3, seed=1)]


@case("KMeansModel", "vectors as input", inputs=["v"], frame="vectors")
def clusters_of_vectors() -> list[Any]:
    from pyspark.ml.clustering import KMeans

    return [KMeans(featuresCol="v", k=3, seed=1)]


@case("VectorAssembler", "vectors and numbers", inputs=["v", "p"], frame="vectors")
def assembled_vectors() -> list[Any]:
    from pyspark.ml.feature import StandardScaler, VectorAssembler

    return [
        VectorAssembler(inputCols=["v", "p"], outputCol="all"),
        StandardScaler(inputCol="all", outputCol="scaled"),
    ]
