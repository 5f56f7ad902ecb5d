"""Cases of Binarizer."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.case import case
from parity.pipelines import assemble, one_hot_and_numbers


@case("Binarizer", "vectors and doubles", inputs=["v", "p", "q", "y", "positive"], frame="vectors")
def vectors_and_doubles() -> list[Any]:
    from pyspark.ml.feature import Binarizer

    return [
        Binarizer(inputCols=["v", "p", "y"], outputCols=["vb", "pb", "yb"], thresholds=[-0.5, 1.0, 2.0]),
        Binarizer(inputCol="positive", outputCol="sb"),
        Binarizer(inputCols=["q"], outputCols=["qb"]).setThreshold(-inf),
        assemble("vb", "pb", "yb", "sb", "qb"),
    ]


@case("Binarizer", "values at the threshold", inputs=["c", "x", "h", "n", "f"])
def values_at_threshold() -> list[Any]:
    from pyspark.ml.feature import Binarizer

    stages = [
        Binarizer(inputCol="m", outputCol=f"m{at}", threshold=value)
        for at, value in enumerate([0.5, -0.25, 3.0])
    ]
    return [*one_hot_and_numbers(), *stages, assemble("m0", "m1", "m2")]
