"""Cases of LocalLDAModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("LocalLDAModel", "counts of words", inputs=["p"], frame="vectors", rtol=1e-11)
def counts_of_words() -> list[Any]:
    from pyspark.ml.clustering import LDA

    return [
        LDA(featuresCol="p", k=2, maxIter=2, seed=1, topicDistributionCol="pair"),
        LDA(featuresCol="p", k=7, maxIter=3, seed=-5, topicDistributionCol="topics"),
    ]


@case("LocalLDAModel", "words of a text", inputs=["w"], frame="texts", rtol=1e-11)
def words_of_a_text() -> list[Any]:
    from pyspark.ml.clustering import LDA
    from pyspark.ml.feature import CountVectorizer

    return [
        CountVectorizer(inputCol="w", outputCol="counts"),
        LDA(featuresCol="counts", k=3, maxIter=4, seed=3),
    ]
