"""Cases of Bucketizer."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("Bucketizer", "error and keep", inputs=["x", "h"])
def error_and_keep() -> list[Any]:
    from pyspark.ml.feature import Bucketizer

    return [
        Bucketizer(inputCol="x", outputCol="xb", splits=[-inf, -0.5, 0.0, 0.5, inf], handleInvalid="keep"),
        Bucketizer(inputCol="h", outputCol="hb", splits=[-0.0, 0.5, 1.0, 1.5]),
        assemble("xb", "hb"),
    ]
