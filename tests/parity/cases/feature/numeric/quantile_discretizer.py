"""Cases of Bucketizer."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("Bucketizer", "as QuantileDiscretizer fits it", inputs=["x", "n", "f", "h", "l"], rows=150)
def all_modes() -> list[Any]:
    from pyspark.ml.feature import QuantileDiscretizer

    return [
        QuantileDiscretizer(
            inputCols=["x", "n", "f"], outputCols=["xo", "no", "fo"], handleInvalid="keep"
        ).setNumBuckets(4),
        QuantileDiscretizer(inputCol="h", outputCol="ho", numBuckets=3, handleInvalid="skip"),
        QuantileDiscretizer(inputCol="l", outputCol="lo", numBuckets=5, handleInvalid="error"),
        assemble("xo", "no", "fo", "ho", "lo"),
    ]
