"""Cases of CountVectorizerModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("CountVectorizerModel", "counts, binary, minTF as a count and as a share", inputs=["w"], frame="texts")
def settings() -> list[Any]:
    from pyspark.ml.feature import CountVectorizer

    variants: list[dict[str, Any]] = [
        {},
        {"binary": True},
        {"minTF": 2.0},
        {"minTF": 0.3, "vocabSize": 5},
        {"minTF": 0.25, "binary": True},
    ]
    stages = [CountVectorizer(inputCol="w", outputCol=f"o{at}", **more) for at, more in enumerate(variants)]
    return [*stages, assemble(*[stage.getOutputCol() for stage in stages])]
