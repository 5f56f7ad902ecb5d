"""Cases of ImputerModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case(
    "ImputerModel", "all strategies, a missing value, every type of number", inputs=["x", "h", "n", "l", "f"]
)
def strategies() -> list[Any]:
    from pyspark.ml.feature import Imputer

    return [
        Imputer(inputCols=["x", "n", "l"], outputCols=["xm", "nm", "lm"]),
        Imputer(inputCols=["h", "f"], outputCols=["hm", "fm"], strategy="median", missingValue=0.5),
        Imputer(inputCol="h", outputCol="ho", strategy="mode"),
        assemble("xm", "nm", "lm", "hm", "fm", "ho", invalid="keep"),
    ]


@case("ImputerModel", "longs, which Spark rounds to doubles", inputs=["l", "m"], frame="longs")
def longs() -> list[Any]:
    from pyspark.ml.feature import Imputer

    return [
        Imputer(inputCols=["l", "m"], outputCols=["li", "mi"], missingValue=float(2**53)),
        Imputer(inputCols=["l"], outputCols=["lm"], strategy="median"),
    ]


@case("ImputerModel", "in place", inputs=["x", "n", "l", "three", "late"], also=("TargetEncoderModel",))
def in_place() -> list[Any]:
    from pyspark.ml.feature import Imputer, SQLTransformer, TargetEncoder

    return [
        SQLTransformer(statement="SELECT *, IF(late = 'late', 1.0D, 0.0D) AS b01 FROM __THIS__"),
        Imputer(inputCols=["x", "n"], outputCols=["x", "n"], missingValue=0.0),
        Imputer(inputCols=["x", "l"], outputCols=["x", "again"], strategy="mode"),
        TargetEncoder(inputCols=["three"], outputCols=["three"], labelCol="b01", handleInvalid="keep"),
        assemble("x", "n", "again", "three", invalid="keep"),
    ]
