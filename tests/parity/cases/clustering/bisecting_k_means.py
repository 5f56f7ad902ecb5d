"""Cases of BisectingKMeansModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("BisectingKMeansModel", "Euclidean", inputs=["v"], frame="vectors")
def euclidean() -> list[Any]:
    from pyspark.ml.clustering import BisectingKMeans

    return [BisectingKMeans(featuresCol="v", k=7, seed=1)]


@case("BisectingKMeansModel", "cosine", inputs=["v"], frame="vectors")
def cosine() -> list[Any]:
    from pyspark.ml.clustering import BisectingKMeans

    return [BisectingKMeans(featuresCol="v", k=5, seed=1, distanceMeasure="cosine")]


@case("BisectingKMeansModel", "categories beside numbers", inputs=["c", "x", "n"])
def categories() -> list[Any]:
    from pyspark.ml.clustering import BisectingKMeans
    from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co"),
        VectorAssembler(inputCols=["co", "x", "n"], outputCol="v", handleInvalid="keep"),
        BisectingKMeans(featuresCol="v", k=4, seed=1),
        BisectingKMeans(featuresCol="v", k=4, seed=1, distanceMeasure="cosine", predictionCol="way"),
    ]
