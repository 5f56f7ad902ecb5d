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


@case("VectorSlicer", "by name", inputs=["c", "x", "h", "n"])
def names() -> list[Any]:
    from pyspark.ml.feature import HashingTF, OneHotEncoder, StringIndexer, Tokenizer, VectorSlicer

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co", dropLast=False),
        Tokenizer(inputCol="c", outputCol="w"),
        HashingTF(inputCol="w", outputCol="t", numFeatures=4),
        assemble("h", "co", "n", "t", "x", target="m"),
        VectorSlicer(inputCol="m", outputCol="o", indices=[2], names=["x", "co_a", "t_3", "co___unknown"]),
        VectorSlicer(inputCol="o", outputCol="p", names=["t_3", "x"]),
        VectorSlicer(inputCol="co", outputCol="q", names=["b"]),
        assemble("o", "p", "q"),
    ]


@case("VectorSlicer", "by a name that is not derived", inputs=["x", "h"], reason="by name")
def derived_names() -> list[Any]:
    from pyspark.ml.feature import Interaction, VectorSlicer

    return [
        Interaction(inputCols=["x", "h"], outputCol="i"),
        assemble("i", "x", target="t"),
        VectorSlicer(inputCol="t", outputCol="o", names=["i_x:h"]),
    ]
