"""Cases of MultilayerPerceptronClassificationModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case(
    "MultilayerPerceptronClassificationModel",
    "small and large layers, thresholds",
    inputs=["v"],
    frame="vectors",
)
def layers() -> list[Any]:
    from pyspark.ml.classification import MultilayerPerceptronClassifier

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "three", "seed": 1}
    return [
        MultilayerPerceptronClassifier(
            **common,
            layers=[5, 4, 3, 3],
            maxIter=8,
            predictionCol="a",
            probabilityCol="pa",
            rawPredictionCol="ra",
        ),
        MultilayerPerceptronClassifier(
            **common,
            layers=[5, 70, 3],
            maxIter=2,
            predictionCol="b",
            probabilityCol="pb",
            rawPredictionCol="rb",
        ).setThresholds([0.2, 0.5, 0.3]),
    ]


@case("MultilayerPerceptronClassificationModel", "no hidden layer", inputs=["v"], frame="vectors")
def no_hidden_layer() -> list[Any]:
    from pyspark.ml.classification import MultilayerPerceptronClassifier

    return [
        MultilayerPerceptronClassifier(featuresCol="v", labelCol="three", layers=[5, 3], maxIter=3, seed=1)
    ]
