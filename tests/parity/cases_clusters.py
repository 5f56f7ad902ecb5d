"""Clusters of vectors that come as they are, and of categories beside numbers."""

from __future__ import annotations

from typing import Any

from parity.case import case

# Eigenvectors are found by other means than Spark's, and a singular covariance makes their last digits differ.
_EIGEN = 1e-9


@case("BisectingKMeansModel", "Euclidean", inputs=["v"], frame="vectors")
def halved_by_distance() -> list[Any]:
    from pyspark.ml.clustering import BisectingKMeans

    return [BisectingKMeans(featuresCol="v", k=7, seed=1)]


@case("BisectingKMeansModel", "cosine", inputs=["v"], frame="vectors")
def halved_by_direction() -> list[Any]:
    from pyspark.ml.clustering import BisectingKMeans

    return [BisectingKMeans(featuresCol="v", k=5, seed=1, distanceMeasure="cosine")]


@case("BisectingKMeansModel", "categories beside numbers", inputs=["c", "x", "n"])
def halved_categories() -> list[Any]:
    from pyspark.ml.clustering import BisectingKMeans
    from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co"),
        VectorAssembler(inputCols=["co", "x", "n"], outputCol="v", handleInvalid="keep"),
        BisectingKMeans(featuresCol="v", k=4, seed=1),
        BisectingKMeans(featuresCol="v", k=4, seed=1, distanceMeasure="cosine", predictionCol="way"),
    ]


@case("GaussianMixtureModel", "a singular covariance", inputs=["v"], frame="vectors", rtol=_EIGEN)
def bells() -> list[Any]:
    from pyspark.ml.clustering import GaussianMixture

    return [
        GaussianMixture(featuresCol="v", k=3, seed=1, maxIter=4),
        GaussianMixture(featuresCol="v", k=2, seed=2, maxIter=4, predictionCol="b", probabilityCol=""),
    ]


@case("GaussianMixtureModel", "many dimensions", inputs=["v", "p", "q"], frame="vectors", rtol=_EIGEN)
def wide_bells() -> list[Any]:
    from pyspark.ml.clustering import GaussianMixture
    from pyspark.ml.feature import VectorAssembler

    return [
        VectorAssembler(inputCols=["v", "p", "q"], outputCol="all"),
        GaussianMixture(featuresCol="all", k=4, seed=1, maxIter=3),
    ]


@case(
    "LocalLDAModel", "scored by Spark", inputs=["p"], frame="vectors", reason="iteration from random numbers"
)
def topics() -> list[Any]:
    from pyspark.ml.clustering import LDA

    return [LDA(featuresCol="p", k=2, maxIter=2, seed=1)]
