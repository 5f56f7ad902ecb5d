"""Stages that many cases put around the one that they verify."""

from __future__ import annotations

from math import inf
from typing import Any

SCALAR_COLUMNS = ("c", "d", "x", "h", "n", "l", "b", "f")
"""Scalar columns of the frame `scalars`, one of each type."""


def assemble(*columns: str, target: str = "all", invalid: str = "error") -> Any:
    """Return a VectorAssembler."""
    from pyspark.ml.feature import VectorAssembler

    return VectorAssembler(inputCols=list(columns), outputCol=target, handleInvalid=invalid)


def with_settings(stage: Any, column: str, settings: list[dict[str, Any]]) -> list[Any]:
    """Return one stage for each of several settings, and one that assembles their vectors."""
    stages = [
        stage(inputCol=column, outputCol=f"{column}{at}", **options) for at, options in enumerate(settings)
    ]
    return [*stages, assemble(*(f"{column}{at}" for at in range(len(settings))))]


def one_hot_and_numbers(target: str = "m", *, columns: tuple[str, ...] = ("x", "h", "n", "f")) -> list[Any]:
    """Return stages that assemble a one-hot vector and numbers, with NaN kept."""
    from pyspark.ml.feature import OneHotEncoder, StringIndexer

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co", dropLast=False),
        assemble("co", *columns, target=target, invalid="keep"),
    ]


def hash_tokens(columns: list[str], size: int = 700) -> list[Any]:
    """Return stages that assemble the term frequencies of several columns of tokens."""
    from pyspark.ml.feature import HashingTF

    stages = [HashingTF(inputCol=name, outputCol=f"{name}_h", numFeatures=size) for name in columns]
    return [*stages, assemble(*(f"{name}_h" for name in columns))]


def scalar_features(
    *, invalid: str = "keep", one_hot: bool = True, drop_last: bool = True, scaler: Any = None
) -> list[Any]:
    """Return stages that make `features` of all columns of the frame `scalars`.

    Args:
        invalid: `handleInvalid` of all stages.
        one_hot: Encode the indices of text.
        drop_last: `dropLast` of the encoder.
        scaler: A stage that scales the assembled vector.
    """
    from pyspark.ml.feature import Bucketizer, Imputer, OneHotEncoder, StringIndexer, VectorAssembler

    encoder_invalid = "keep" if invalid == "keep" else "error"
    encoder = OneHotEncoder(
        inputCols=["ci", "di"], outputCols=["co", "do"], handleInvalid=encoder_invalid, dropLast=drop_last
    )
    categories = ["co", "do"] if one_hot else ["ci", "di"]
    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid=invalid),
        *([encoder] if one_hot else []),
        Imputer(inputCols=["x", "n"], outputCols=["xi", "ni"]),
        Bucketizer(
            splitsArray=[[0.0, 0.5, 1.0, 1.5], [-inf, 0.0, 1.0, inf]],
            inputCols=["h", "x"],
            outputCols=["hb", "xb"],
            handleInvalid=invalid,
        ),
        VectorAssembler(
            inputCols=[*categories, "xi", "ni", "l", "b", "f", "hb", "xb"],
            outputCol="raw" if scaler else "features",
            handleInvalid=invalid,
        ),
        *([scaler.setInputCol("raw").setOutputCol("features")] if scaler else []),
    ]


def label_indexer() -> Any:
    """Return the stage that indexes the text label `late`."""
    from pyspark.ml.feature import StringIndexer

    return StringIndexer(inputCol="late", outputCol="label")
