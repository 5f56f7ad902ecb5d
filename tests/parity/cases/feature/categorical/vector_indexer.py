"""Cases of VectorIndexerModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("VectorIndexerModel", "error", inputs=["p", "q"], frame="vectors")
def error() -> list[Any]:
    return _index_both("error")


@case("VectorIndexerModel", "keep", inputs=["p", "q", "v"], frame="vectors")
def keep() -> list[Any]:
    from pyspark.ml.feature import VectorIndexer

    return [
        VectorIndexer(inputCol="v", outputCol="vi", maxCategories=3, handleInvalid="keep"),
        *_index_both("keep", "vi"),
    ]


@case("VectorIndexerModel", "skip", inputs=["p", "q"], frame="vectors")
def skip() -> list[Any]:
    return _index_both("skip")


def _index_both(invalid: str, *more: str) -> list[Any]:
    from pyspark.ml.feature import VectorIndexer

    stages = [
        VectorIndexer(inputCol=name, outputCol=f"{name}i", maxCategories=10, handleInvalid=invalid)
        for name in ("p", "q")
    ]
    return [*stages, assemble("pi", "qi", *more)]


@case("VectorIndexerModel", "an unseen zero, kept", inputs=["m", "k", "g", "y", "z"], frame="gaps")
def unseen_zero_accepted() -> list[Any]:
    return _index_slot_without_zero("keep")


@case(
    "VectorIndexerModel",
    "an unseen zero, refused",
    inputs=["m", "k", "g", "y", "z"],
    frame="gaps",
    refused=20,
)
def unseen_zero_refused() -> list[Any]:
    return _index_slot_without_zero("error")


def _index_slot_without_zero(invalid: str) -> list[Any]:
    """Return stages that index a slot that is never 0 in training; other slots decide how the vector is stored."""
    from pyspark.ml.feature import Imputer, OneHotEncoder, StringIndexer, VectorIndexer

    return [
        Imputer(inputCols=["k", "g"], outputCols=["ki", "gi"]),
        StringIndexer(inputCol="m", outputCol="mi", handleInvalid="keep"),
        OneHotEncoder(inputCol="mi", outputCol="mo"),
        assemble("mo", "z", "y", "ki", "gi", target="w"),
        VectorIndexer(inputCol="w", outputCol="o", maxCategories=6, handleInvalid=invalid),
    ]
