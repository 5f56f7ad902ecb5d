"""Cases of OneHotEncoderModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, assemble


@case("OneHotEncoderModel", "nulls in vectors", inputs=SCALAR_COLUMNS, rows=150)
def nulls() -> list[Any]:
    from pyspark.ml.feature import Bucketizer, OneHotEncoder

    return [
        Bucketizer(inputCol="h", outputCol="hb", splits=[0.0, 0.5, 1.0, 1.5], handleInvalid="keep"),
        OneHotEncoder(inputCols=["hb", "n"], outputCols=["ho", "no"], handleInvalid="keep"),
        assemble("ho", "no", "x", target="features", invalid="keep"),
    ]
