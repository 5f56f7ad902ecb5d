"""Cases of MinHashLSHModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("MinHashLSHModel", "three tables", inputs=["q"], frame="vectors")
def three_tables() -> list[Any]:
    from pyspark.ml.feature import MinHashLSH

    return [MinHashLSH(inputCol="q", outputCol="o", numHashTables=3, seed=1)]


@case("MinHashLSHModel", "wide vectors", inputs=["w"], frame="texts")
def wide_vectors() -> list[Any]:
    from pyspark.ml.feature import HashingTF, MinHashLSH

    return [
        HashingTF(inputCol="w", outputCol="h", numFeatures=5000),
        MinHashLSH(inputCol="h", outputCol="o", numHashTables=2, seed=3),
    ]
