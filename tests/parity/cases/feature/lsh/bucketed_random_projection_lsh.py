"""Cases of BucketedRandomProjectionLSHModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("BucketedRandomProjectionLSHModel", "three tables", inputs=["v"], frame="vectors")
def three_tables() -> list[Any]:
    from pyspark.ml.feature import BucketedRandomProjectionLSH

    return [
        BucketedRandomProjectionLSH(inputCol="v", outputCol="o", bucketLength=0.75, numHashTables=3, seed=1)
    ]
