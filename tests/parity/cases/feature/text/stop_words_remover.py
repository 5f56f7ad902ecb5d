"""Cases of StopWordsRemover."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import hash_tokens


@case(
    "StopWordsRemover",
    "case-sensitive or not, null tokens, several columns",
    inputs=["w", "t"],
    frame="texts",
)
def columns() -> list[Any]:
    from pyspark.ml.feature import StopWordsRemover, Tokenizer

    return [
        Tokenizer(inputCol="t", outputCol="o"),
        StopWordsRemover(
            inputCols=["w", "o"], outputCols=["w1", "o1"], stopWords=["the", "SNOW", "\u0130stanbul"]
        ),
        StopWordsRemover(inputCol="w", outputCol="w2", stopWords=["the", "Plane"], caseSensitive=True),
        StopWordsRemover(inputCol="w", outputCol="w3"),
        *hash_tokens(["w1", "o1", "w2", "w3"]),
    ]


@case("StopWordsRemover", "tokens as output", inputs=["w"], frame="texts")
def tokens() -> list[Any]:
    from pyspark.ml.feature import StopWordsRemover

    return [StopWordsRemover(inputCol="w", outputCol="o")]


@case("StopWordsRemover", "Turkish", inputs=["w"], frame="texts", reason="locale `tr`")
def turkish() -> list[Any]:
    from pyspark.ml.feature import StopWordsRemover

    return [StopWordsRemover(inputCol="w", outputCol="o", locale="tr")]
