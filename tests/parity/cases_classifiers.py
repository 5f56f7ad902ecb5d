"""Classifiers on vectors that come as they are."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case(
    "LinearSVCModel", "thresholds of the margin, with and without raw scores", inputs=["v"], frame="vectors"
)
def support_vectors() -> list[Any]:
    from pyspark.ml.classification import LinearSVC

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "two", "maxIter": 3}
    return [
        LinearSVC(**common, threshold=0.4, predictionCol="a", rawPredictionCol="ra"),
        LinearSVC(**common, predictionCol="b", rawPredictionCol=""),
    ]


@case("NaiveBayesModel", "multinomial and complement: negative counts refused", inputs=["p"], frame="vectors")
def bayes_of_counts() -> list[Any]:
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
def bayes_of_bits() -> list[Any]:
    from pyspark.ml.classification import NaiveBayes

    return [NaiveBayes(featuresCol="q", labelCol="three", modelType="bernoulli", smoothing=0.5)]


@case("NaiveBayesModel", "Gaussian", inputs=["v"], frame="vectors")
def bayes_of_bells() -> list[Any]:
    from pyspark.ml.classification import NaiveBayes

    return [NaiveBayes(featuresCol="v", labelCol="three", modelType="gaussian")]


@case(
    "MultilayerPerceptronClassificationModel",
    "small and large layers, thresholds",
    inputs=["v"],
    frame="vectors",
)
def perceptrons() -> list[Any]:
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


def _rest(features: str, classifier: Any) -> list[Any]:
    """Return one against the rest; Python leaves the column of raw scores at its default name."""
    from pyspark.ml.classification import OneVsRest

    return [OneVsRest(featuresCol=features, labelCol="three", classifier=classifier, predictionCol="a")]


@case("OneVsRestModel", "over logistic models", inputs=["v"], frame="vectors")
def logistic_against_the_rest() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression

    return _rest("v", LogisticRegression(maxIter=4, thresholds=[0.3, 0.7]))


@case("OneVsRestModel", "over support vectors", inputs=["v"], frame="vectors")
def support_against_the_rest() -> list[Any]:
    from pyspark.ml.classification import LinearSVC

    return _rest("v", LinearSVC(maxIter=2, threshold=0.5))


@case("OneVsRestModel", "over trees, whose scores are counts", inputs=["v"], frame="vectors")
def trees_against_the_rest() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier

    return _rest("v", DecisionTreeClassifier(maxDepth=3, leafCol="leaf"))


@case("OneVsRestModel", "over naive Bayes", inputs=["p"], frame="vectors")
def bayes_against_the_rest() -> list[Any]:
    from pyspark.ml.classification import NaiveBayes

    return _rest("p", NaiveBayes())


@case("FMClassificationModel", "with and without linear terms, thresholds", inputs=["v"], frame="vectors")
def factorization_classes() -> list[Any]:
    from pyspark.ml.classification import FMClassifier

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "two", "maxIter": 4, "stepSize": 0.1, "seed": 1}
    return [
        FMClassifier(**common, factorSize=3, predictionCol="a", probabilityCol="pa", rawPredictionCol="ra"),
        FMClassifier(
            **common,
            fitLinear=False,
            thresholds=[0.3, 0.7],
            predictionCol="b",
            probabilityCol="pb",
            rawPredictionCol="rb",
        ),
    ]


@case("GBTClassificationModel", "leaves of every kind of tree", inputs=["v"], frame="vectors")
def leaves() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier, GBTClassifier, RandomForestClassifier

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "two", "maxDepth": 3, "seed": 1}
    a: dict[str, Any] = {
        "predictionCol": "a",
        "probabilityCol": "pa",
        "rawPredictionCol": "ra",
        "leafCol": "leaf_a",
    }
    b: dict[str, Any] = {
        "predictionCol": "b",
        "probabilityCol": "pb",
        "rawPredictionCol": "rb",
        "leafCol": "leaf_b",
    }
    return [
        DecisionTreeClassifier(**common, **a),
        RandomForestClassifier(**common, **b, numTrees=3).setThresholds([0.4, 0.6]),
        GBTClassifier(**common, maxIter=2, leafCol="leaf_c"),
    ]
