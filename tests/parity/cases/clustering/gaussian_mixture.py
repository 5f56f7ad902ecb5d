"""Cases of GaussianMixtureModel."""

from __future__ import annotations

from typing import Any

from parity.case import case

# Eigenvectors are found by other means than Spark's, and a singular covariance makes their last digits differ.
_EIGEN = 1e-9


@case("GaussianMixtureModel", "a singular covariance", inputs=["v"], frame="vectors", rtol=_EIGEN)
def singular_covariance() -> list[Any]:
    from pyspark.ml.clustering import GaussianMixture

    return [
        GaussianMixture(featuresCol="v", k=3, seed=1, maxIter=4),
        GaussianMixture(featuresCol="v", k=2, seed=2, maxIter=4, predictionCol="b", probabilityCol=""),
    ]


@case("GaussianMixtureModel", "many dimensions", inputs=["v", "p", "q"], frame="vectors", rtol=_EIGEN)
def many_dimensions() -> list[Any]:
    from pyspark.ml.clustering import GaussianMixture
    from pyspark.ml.feature import VectorAssembler

    return [
        VectorAssembler(inputCols=["v", "p", "q"], outputCol="all"),
        GaussianMixture(featuresCol="all", k=4, seed=1, maxIter=3),
    ]
