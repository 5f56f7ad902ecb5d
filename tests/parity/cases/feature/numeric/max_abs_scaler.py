"""Cases of MaxAbsScalerModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("MaxAbsScalerModel", "a slot that is always 0", inputs=["v", "p"], frame="vectors")
def slot_of_zeros() -> list[Any]:
    from pyspark.ml.feature import ElementwiseProduct, MaxAbsScaler
    from pyspark.ml.linalg import Vectors

    return [
        ElementwiseProduct(scalingVec=Vectors.dense([1.0, 0.0, -1.0, 2.0]), inputCol="p", outputCol="pz"),
        MaxAbsScaler(inputCol="v", outputCol="vo"),
        MaxAbsScaler(inputCol="pz", outputCol="po"),
        assemble("vo", "po"),
    ]
