"""Cases of Interaction."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.case import case
from parity.pipelines import assemble, one_hot_and_numbers


@case("Interaction", "numbers and a vector", inputs=["c", "x", "n", "b", "l"])
def numbers() -> list[Any]:
    from pyspark.ml.feature import Interaction

    return [
        *one_hot_and_numbers(columns=("x", "b")),
        Interaction(inputCols=["x", "n", "l"], outputCol="one"),
        Interaction(inputCols=["n", "m", "x"], outputCol="many"),
        assemble("one", "many"),
    ]


@case("Interaction", "categories", inputs=["c", "d", "x", "h"])
def categories() -> list[Any]:
    from pyspark.ml.feature import Bucketizer, Interaction, StringIndexer

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        StringIndexer(inputCol="d", outputCol="di"),
        Bucketizer(inputCol="h", outputCol="hb", splits=[0.0, 0.5, 1.0, inf], handleInvalid="keep"),
        Interaction(inputCols=["ci", "di", "hb"], outputCol="all_categories"),
        Interaction(inputCols=["x", "ci", "h"], outputCol="by_number"),
        assemble("ci", "x", "di", target="w"),
        Interaction(inputCols=["w", "hb"], outputCol="of_vector"),
        assemble("all_categories", "by_number", "of_vector"),
    ]


@case("Interaction", "indexed slots of vectors", inputs=["p", "q", "y"], frame="vectors")
def indexed_slots() -> list[Any]:
    from pyspark.ml.feature import Interaction, VectorIndexer

    return [
        VectorIndexer(inputCol="p", outputCol="pi", maxCategories=10, handleInvalid="keep"),
        VectorIndexer(inputCol="q", outputCol="qi", maxCategories=10),
        Interaction(inputCols=["y", "qi", "pi"], outputCol="o"),
    ]


@case("Interaction", "categories in vectors that Spark stores sparse", inputs=["c", "d", "x", "h"])
def sparse_categories() -> list[Any]:
    from pyspark.ml.feature import Interaction, OneHotEncoder, StringIndexer

    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co"),
        assemble("co", "ci", "di", "x", target="w", invalid="keep"),
        Interaction(inputCols=["h", "w"], outputCol="o"),
        Interaction(inputCols=["co", "x", "di"], outputCol="p"),
        assemble("o", "p"),
    ]


@case("Interaction", "a wide output", inputs=["c", "d", "n", "x"])
def wide_vectors() -> list[Any]:
    from pyspark.ml.feature import Interaction, StringIndexer

    return [
        StringIndexer(inputCols=["c", "d", "n"], outputCols=["ci", "di", "ni"], handleInvalid="keep"),
        Interaction(inputCols=["ni", "x", "ci", "di"], outputCol="o"),
    ]
