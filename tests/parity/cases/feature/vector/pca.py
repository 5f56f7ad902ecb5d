"""Cases of PCAModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import one_hot_and_numbers


@case("PCAModel", "vectors as input", inputs=["v"], frame="vectors")
def vectors() -> list[Any]:
    from pyspark.ml.feature import PCA

    return [PCA(inputCol="v", outputCol="o", k=3)]


@case("PCAModel", "one-hot vectors", inputs=["c", "x", "h", "n", "f"])
def one_hot_vectors() -> list[Any]:
    from pyspark.ml.feature import PCA

    return [*one_hot_and_numbers(), PCA(inputCol="m", outputCol="o", k=4)]
