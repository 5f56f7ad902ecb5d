"""Cases of KMeansModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, scalar_features


@case("KMeansModel", "vectors as input", inputs=["v"], frame="vectors")
def vectors() -> list[Any]:
    from pyspark.ml.clustering import KMeans

    return [KMeans(featuresCol="v", k=3, seed=1)]


@case("KMeansModel", "after StandardScaler", inputs=SCALAR_COLUMNS, rows=150)
def scaled() -> list[Any]:
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.feature import StandardScaler

    return [*scalar_features(scaler=StandardScaler()), KMeans(k=3, seed=1)]


@case("KMeansModel", "cosine", inputs=SCALAR_COLUMNS, rows=150)
def cosine() -> list[Any]:
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.feature import StandardScaler

    return [*scalar_features(scaler=StandardScaler()), KMeans(k=3, seed=1, distanceMeasure="cosine")]
