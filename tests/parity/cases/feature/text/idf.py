"""Cases of IDFModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("IDFModel", "text to a class", inputs=["t"], frame="texts")
def text_classifier() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import IDF, HashingTF, Tokenizer

    return [
        Tokenizer(inputCol="t", outputCol="o"),
        HashingTF(inputCol="o", outputCol="h"),
        IDF(inputCol="h", outputCol="features", minDocFreq=3),
        LogisticRegression(labelCol="two", maxIter=4, regParam=0.1),
    ]


@case("IDFModel", "vectors as input", inputs=["p", "v"], frame="vectors")
def vectors() -> list[Any]:
    from pyspark.ml.feature import IDF

    stages = [
        IDF(inputCol="p", outputCol="p1"),
        IDF(inputCol="p", outputCol="p2", minDocFreq=240),
        IDF(inputCol="v", outputCol="v1"),
    ]
    return [*stages, assemble(*["p1", "p2", "v1"])]
