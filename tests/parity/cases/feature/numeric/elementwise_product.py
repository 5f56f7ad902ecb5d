"""Cases of ElementwiseProduct."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("ElementwiseProduct", "zero and negative weights", inputs=["v", "p"], frame="vectors")
def weights() -> list[Any]:
    from pyspark.ml.feature import ElementwiseProduct
    from pyspark.ml.linalg import Vectors

    return [
        ElementwiseProduct(
            scalingVec=Vectors.dense([0.5, -2.0, 0.0, 1e-3, 3.0]), inputCol="v", outputCol="vo"
        ),
        ElementwiseProduct(scalingVec=Vectors.sparse(4, [(1, 2.5)]), inputCol="p", outputCol="po"),
        assemble("vo", "po"),
    ]
