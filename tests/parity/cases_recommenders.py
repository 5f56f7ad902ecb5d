"""Recommendations and rules."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("ALSModel", "unknown ids answer NaN; integers and longs", inputs=["u", "i"], frame="ratings")
def recommended() -> list[Any]:
    from pyspark.ml.recommendation import ALS

    return [ALS(userCol="u", itemCol="i", ratingCol="r", rank=7, maxIter=2, seed=1)]


@case("ALSModel", "unknown ids are dropped; doubles and shorts", inputs=["d", "s"], frame="ratings")
def recommended_or_dropped() -> list[Any]:
    from pyspark.ml.recommendation import ALS

    return [ALS(userCol="d", itemCol="s", ratingCol="r", rank=3, maxIter=2, seed=1, coldStartStrategy="drop")]


@case("FPGrowthModel", "text, null among it", inputs=["w"], frame="baskets")
def rules_of_words() -> list[Any]:
    from pyspark.ml.fpm import FPGrowth

    return [FPGrowth(itemsCol="w", minSupport=0.1, minConfidence=0.3)]


@case("FPGrowthModel", "integers, and a confidence that some rules just reach", inputs=["k"], frame="baskets")
def rules_of_numbers() -> list[Any]:
    from pyspark.ml.fpm import FPGrowth

    return [FPGrowth(itemsCol="k", minSupport=0.05, minConfidence=0.5, predictionCol="next")]
