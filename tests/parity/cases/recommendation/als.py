"""Cases of ALSModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("ALSModel", "unknown ids predict NaN; integers and longs", inputs=["u", "i"], frame="ratings")
def nan() -> list[Any]:
    from pyspark.ml.recommendation import ALS

    return [ALS(userCol="u", itemCol="i", ratingCol="r", rank=7, maxIter=2, seed=1)]


@case("ALSModel", "unknown ids are dropped; doubles and shorts", inputs=["d", "s"], frame="ratings")
def drop() -> list[Any]:
    from pyspark.ml.recommendation import ALS

    return [ALS(userCol="d", itemCol="s", ratingCol="r", rank=3, maxIter=2, seed=1, coldStartStrategy="drop")]
