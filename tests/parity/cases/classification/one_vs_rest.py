"""Cases of OneVsRestModel."""

from __future__ import annotations

from typing import Any

from parity.case import case


def _one_vs_rest(features: str, classifier: Any) -> list[Any]:
    """Return one against the rest; Python leaves the column of raw scores at its default name."""
    from pyspark.ml.classification import OneVsRest

    return [OneVsRest(featuresCol=features, labelCol="three", classifier=classifier, predictionCol="a")]


@case("OneVsRestModel", "over logistic regression", inputs=["v"], frame="vectors")
def logistic_regression() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression

    return _one_vs_rest("v", LogisticRegression(maxIter=4, thresholds=[0.3, 0.7]))


@case("OneVsRestModel", "over linear SVC", inputs=["v"], frame="vectors")
def linear_svc() -> list[Any]:
    from pyspark.ml.classification import LinearSVC

    return _one_vs_rest("v", LinearSVC(maxIter=2, threshold=0.5))


@case("OneVsRestModel", "over decision trees, whose raw scores are counts", inputs=["v"], frame="vectors")
def decision_trees() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier

    return _one_vs_rest("v", DecisionTreeClassifier(maxDepth=3, leafCol="leaf"))


@case("OneVsRestModel", "over naive Bayes", inputs=["p"], frame="vectors")
def naive_bayes() -> list[Any]:
    from pyspark.ml.classification import NaiveBayes

    return _one_vs_rest("p", NaiveBayes())


@case("OneVsRestModel", "a class that no row has", inputs=["v", "two"], frame="vectors")
def missing_class() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression, OneVsRest
    from pyspark.ml.feature import SQLTransformer

    return [
        SQLTransformer(statement="SELECT *, two * 2 AS even FROM __THIS__"),
        OneVsRest(
            featuresCol="v", labelCol="even", classifier=LogisticRegression(maxIter=3), predictionCol="a"
        ),
    ]
