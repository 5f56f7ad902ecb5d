"""Cases of LocalLDAModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case(
    "LocalLDAModel", "scored by Spark", inputs=["p"], frame="vectors", reason="iteration from random numbers"
)
def scored_by_spark() -> list[Any]:
    from pyspark.ml.clustering import LDA

    return [LDA(featuresCol="p", k=2, maxIter=2, seed=1)]
