"""Cases of NGram."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import hash_tokens


@case("NGram", "lengths 1 to 9, null tokens", inputs=["w", "t"], frame="texts")
def lengths() -> list[Any]:
    from pyspark.ml.feature import NGram, Tokenizer

    stages = [NGram(inputCol="w", outputCol=f"n{n}", n=n) for n in (1, 2, 3, 9)]
    tokenized = [Tokenizer(inputCol="t", outputCol="o"), NGram(inputCol="o", outputCol="n")]
    return [*stages, *tokenized, *hash_tokens(["n1", "n2", "n3", "n9", "n"])]
