"""Cases of Word2VecModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("Word2VecModel", "words without a vector, and no words", inputs=["w"], frame="texts")
def unknown_words() -> list[Any]:
    from pyspark.ml.feature import Word2Vec

    return [Word2Vec(inputCol="w", outputCol="o", vectorSize=7, minCount=60, seed=1)]
