"""Cases of Tokenizer."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("Tokenizer", "tokens as output", inputs=["t"], frame="texts")
def tokens() -> list[Any]:
    from pyspark.ml.feature import Tokenizer

    return [Tokenizer(inputCol="t", outputCol="o")]
