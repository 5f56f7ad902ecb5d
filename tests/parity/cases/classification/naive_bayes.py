"""Cases of NaiveBayesModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("NaiveBayesModel", "multinomial and complement: negative counts refused", inputs=["p"], frame="vectors")
def counts() -> list[Any]:
    from pyspark.ml.classification import NaiveBayes

    common: dict[str, Any] = {"featuresCol": "p", "labelCol": "three"}
    return [
        NaiveBayes(**common, predictionCol="a", probabilityCol="pa", rawPredictionCol="ra"),
        NaiveBayes(
            **common,
            modelType="complement",
            thresholds=[0.2, 0.5, 0.3],
            predictionCol="b",
            probabilityCol="pb",
            rawPredictionCol="rb",
        ),
    ]


@case("NaiveBayesModel", "Bernoulli: only 0 and 1", inputs=["q"], frame="vectors")
def bernoulli() -> list[Any]:
    from pyspark.ml.classification import NaiveBayes

    return [NaiveBayes(featuresCol="q", labelCol="three", modelType="bernoulli", smoothing=0.5)]


@case("NaiveBayesModel", "Gaussian", inputs=["v"], frame="vectors")
def gaussian() -> list[Any]:
    from pyspark.ml.classification import NaiveBayes

    return [NaiveBayes(featuresCol="v", labelCol="three", modelType="gaussian")]
