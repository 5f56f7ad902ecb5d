"""Cases of FPGrowthModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("FPGrowthModel", "text, null among it", inputs=["w"], frame="baskets")
def text() -> list[Any]:
    from pyspark.ml.fpm import FPGrowth

    return [FPGrowth(itemsCol="w", minSupport=0.1, minConfidence=0.3)]


@case("FPGrowthModel", "integers, and a confidence that some rules just reach", inputs=["k"], frame="baskets")
def integers() -> list[Any]:
    from pyspark.ml.fpm import FPGrowth

    return [FPGrowth(itemsCol="k", minSupport=0.05, minConfidence=0.5, predictionCol="next")]
