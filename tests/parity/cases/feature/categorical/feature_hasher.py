"""Cases of FeatureHasher."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("FeatureHasher", "all types, numbers as categories", inputs=list("cdxhnlbf"))
def all_types() -> list[Any]:
    from pyspark.ml.feature import FeatureHasher

    names = list("cdxhnlbf")
    return [
        FeatureHasher(inputCols=names, outputCol="wide", numFeatures=4096),
        FeatureHasher(inputCols=names, outputCol="few", numFeatures=3),
        FeatureHasher(inputCols=names, outputCol="kinds", numFeatures=512, categoricalCols=["n", "l", "b"]),
        assemble(*["wide", "few", "kinds"]),
    ]


@case(
    "FeatureHasher",
    "fractions as categories",
    inputs=["x"],
    reason="as text, which differs between Java versions",
)
def fractions() -> list[Any]:
    from pyspark.ml.feature import FeatureHasher

    return [FeatureHasher(inputCols=["x"], outputCol="o", categoricalCols=["x"])]
