"""Cases of Normalizer."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.case import case
from parity.pipelines import one_hot_and_numbers, with_settings


@case("Normalizer", "vectors as input", inputs=["v"], frame="vectors")
def vectors() -> list[Any]:
    from pyspark.ml.feature import Normalizer

    return with_settings(Normalizer, "v", [{"p": p} for p in (1.0, 2.0, inf, 3.0, 1.5)])


@case("Normalizer", "vectors that Spark compresses", inputs=["c", "x", "h", "n", "f"])
def compressed_vectors() -> list[Any]:
    from pyspark.ml.feature import Normalizer, StandardScaler

    wide = [*one_hot_and_numbers(), StandardScaler(inputCol="m", outputCol="s")]
    return [*wide, *with_settings(Normalizer, "m", [{"p": p} for p in (1.0, 2.0, inf, 3.0)])]


@case("Normalizer", "after another Normalizer", inputs=["c", "x", "h", "n", "f"])
def after_normalizer() -> list[Any]:
    from pyspark.ml.feature import Normalizer

    return [
        *one_hot_and_numbers(),
        Normalizer(inputCol="m", outputCol="once"),
        Normalizer(inputCol="once", outputCol="twice", p=1.0),
    ]


@case("Normalizer", "wide vectors", inputs=["w"], frame="texts")
def wide_vectors() -> list[Any]:
    from pyspark.ml.feature import HashingTF, Normalizer

    return [
        HashingTF(inputCol="w", outputCol="h", numFeatures=1500),
        *with_settings(Normalizer, "h", [{}, {"p": inf}]),
    ]
