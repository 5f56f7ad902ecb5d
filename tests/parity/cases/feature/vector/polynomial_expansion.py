"""Cases of PolynomialExpansion."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble, one_hot_and_numbers


@case("PolynomialExpansion", "degrees 1 to 3", inputs=["v", "p"], frame="vectors")
def degrees() -> list[Any]:
    from pyspark.ml.feature import PolynomialExpansion

    stages = [
        PolynomialExpansion(inputCol=column, outputCol=f"{column}{degree}", degree=degree)
        for column, degree in (("v", 2), ("p", 3), ("p", 1), ("v", 5))
    ]
    return [*stages, assemble("v2", "p3", "p1", "v5")]


@case("PolynomialExpansion", "vectors that Spark compresses", inputs=["c", "x", "h", "n", "f"], rows=150)
def compressed_vectors() -> list[Any]:
    from pyspark.ml.feature import PolynomialExpansion

    return [*one_hot_and_numbers(), PolynomialExpansion(inputCol="m", outputCol="o", degree=2)]


# 8 slots of which 4 are not 0: Spark 4.0 stores them sparse, 4.1 dense
@case("PolynomialExpansion", "vectors of equal size dense and sparse", inputs=["c", "x", "h", "n"])
def vectors_of_equal_size() -> list[Any]:
    from pyspark.ml.feature import PolynomialExpansion

    columns = ("x", "h", "n")
    return [*one_hot_and_numbers(columns=columns), PolynomialExpansion(inputCol="m", outputCol="o", degree=2)]
