"""Cases of VectorSlicer."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble, one_hot_and_numbers


@case("VectorSlicer", "slots in any order", inputs=["v"], frame="vectors")
def order() -> list[Any]:
    from pyspark.ml.feature import VectorSlicer

    return [VectorSlicer(inputCol="v", outputCol="vs", indices=[3, 0, 2])]


@case("VectorSlicer", "one-hot vectors", inputs=["c", "x", "h", "n", "f"])
def one_hot_vectors() -> list[Any]:
    from pyspark.ml.feature import VectorSlicer

    return [
        *one_hot_and_numbers(),
        VectorSlicer(inputCol="m", outputCol="ms", indices=[6, 0, 4, 1, 2, 8, 5]),
        VectorSlicer(inputCol="ms", outputCol="mt", indices=[3, 1]),
        assemble("ms", "mt"),
    ]


@case("VectorSlicer", "wide vectors", inputs=["w"], frame="texts")
def wide_vectors() -> list[Any]:
    from pyspark.ml.feature import HashingTF, VectorSlicer

    return [
        HashingTF(inputCol="w", outputCol="h", numFeatures=1500),
        VectorSlicer(inputCol="h", outputCol="few", indices=[1400, 3, 77]),
        VectorSlicer(inputCol="h", outputCol="many", indices=[*range(1300, 100, -1), 5]),
        assemble("few", "many"),
    ]


@case("VectorSlicer", "by name", inputs=["x", "h"], reason="picks slots by name")
def names() -> list[Any]:
    from pyspark.ml.feature import VectorSlicer

    return [assemble("x", "h"), VectorSlicer(inputCol="all", outputCol="o", indices=[0], names=["h"])]
