"""Cases of TargetEncoderModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("TargetEncoderModel", "binary target, error", inputs=["k", "g", "m"], frame="gaps")
def binary_target() -> list[Any]:
    from pyspark.ml.feature import TargetEncoder

    return [
        TargetEncoder(inputCols=["k", "g", "m"], outputCols=["ko", "go", "mo"], labelCol="two"),
        assemble("ko", "go", "mo"),
    ]


@case("TargetEncoderModel", "continuous target, keep, smoothing", inputs=["k", "g", "m"], frame="gaps")
def continuous_target() -> list[Any]:
    from pyspark.ml.feature import TargetEncoder

    continuous = TargetEncoder(
        inputCols=["k", "g", "m"],
        outputCols=["ko", "go", "mo"],
        labelCol="y",
        targetType="continuous",
        smoothing=2.5,
        handleInvalid="keep",
    )
    binary = TargetEncoder(inputCol="m", outputCol="m1", labelCol="two", smoothing=1.0, handleInvalid="keep")
    return [continuous, binary, assemble("ko", "go", "mo", "m1")]
