"""Cases of HashingTF."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble, hash_tokens


@case("HashingTF", "few slots and many, counts and binary", inputs=["w"], frame="texts")
def sizes() -> list[Any]:
    from pyspark.ml.feature import HashingTF

    stages = [
        HashingTF(inputCol="w", outputCol=f"h{size}{binary}", numFeatures=size, binary=binary)
        for size in (1, 7, 5000)
        for binary in (False, True)
    ]
    return [*stages, assemble(*[stage.getOutputCol() for stage in stages])]


@case("HashingTF", "arrays of numbers", inputs=["i", "j", "k", "u", "v", "z"], frame="lists")
def arrays_of_numbers() -> list[Any]:
    return hash_tokens(list("ijkuvz"))
