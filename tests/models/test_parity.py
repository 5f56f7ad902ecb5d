"""The compiled scorer beside Spark's own transform: sampled rows and edge rows, one by one and as a batch."""

from __future__ import annotations

import gc
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spark_truth import Truth, frame_of

pytestmark = pytest.mark.spark

INPUTS = ("c", "d", "x", "h", "n", "l", "b", "f")


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    cached = frame_of(spark).cache()
    yield cached
    cached.unpersist()


def features(
    *, invalid: str = "keep", hot: bool = True, drop_last: bool = True, scale: Any = None
) -> list[Any]:
    """Return the stages that make `features` of every type of column."""
    from pyspark.ml.feature import Bucketizer, Imputer, OneHotEncoder, StringIndexer, VectorAssembler

    kept = "keep" if invalid == "keep" else "error"
    encoder = OneHotEncoder(
        inputCols=["ci", "di"], outputCols=["co", "do"], handleInvalid=kept, dropLast=drop_last
    )
    parts = ["co", "do"] if hot else ["ci", "di"]
    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid=invalid),
        *([encoder] if hot else []),
        Imputer(inputCols=["x", "n"], outputCols=["xi", "ni"]),
        Bucketizer(
            splitsArray=[[0.0, 0.5, 1.0, 1.5], [-inf, 0.0, 1.0, inf]],
            inputCols=["h", "x"],
            outputCols=["hb", "xb"],
            handleInvalid=invalid,
        ),
        VectorAssembler(
            inputCols=[*parts, "xi", "ni", "l", "b", "f", "hb", "xb"],
            outputCol="raw" if scale else "features",
            handleInvalid=invalid,
        ),
        *([scale.setInputCol("raw").setOutputCol("features")] if scale else []),
    ]


def label() -> Any:
    from pyspark.ml.feature import StringIndexer

    return StringIndexer(inputCol="late", outputCol="label")


def logistic(**params: Any) -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StandardScaler

    return [*features(scale=StandardScaler()), label(), LogisticRegression(maxIter=4, **params)]


def strict_logistic(invalid: str) -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StandardScaler

    return [
        *features(invalid=invalid, scale=StandardScaler(withMean=True)),
        label(),
        LogisticRegression(maxIter=4),
    ]


def three_classes(**params: Any) -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import MinMaxScaler

    return [
        *features(scale=MinMaxScaler(min=-1.0, max=2.0)),
        LogisticRegression(maxIter=4, labelCol="three", **params),
    ]


def linear(**params: Any) -> list[Any]:
    from pyspark.ml.regression import LinearRegression

    return [*features(drop_last=False), LinearRegression(labelCol="y", **params)]


def trees(
    name: str, *, hot: bool = False, three: bool = False, thresholds: Any = None, **params: Any
) -> list[Any]:
    from pyspark.ml import classification, regression

    kind = getattr(classification if name.endswith("Classifier") else regression, name)
    target = {"labelCol": "y"} if name.endswith("Regressor") else {"labelCol": "three" if three else "label"}
    made = kind(**target, **params)
    made = made.setThresholds(thresholds) if thresholds else made
    return [*features(hot=hot), label(), made]


def clusters(**params: Any) -> list[Any]:
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.feature import StandardScaler

    return [*features(scale=StandardScaler()), KMeans(k=3, seed=1, **params)]


def numbers_as_text() -> list[Any]:
    from pyspark.ml.feature import StringIndexer, VectorAssembler

    indexed = [f"{name}_i" for name in "hnfl"]
    return [
        StringIndexer(inputCols=list("hnfl"), outputCols=indexed, handleInvalid="keep"),
        VectorAssembler(inputCols=indexed, outputCol="features"),
    ]


def nulls_in_vectors() -> list[Any]:
    from pyspark.ml.feature import Bucketizer, OneHotEncoder, VectorAssembler

    return [
        Bucketizer(inputCol="h", outputCol="hb", splits=[0.0, 0.5, 1.0, 1.5], handleInvalid="keep"),
        OneHotEncoder(inputCols=["hb", "n"], outputCols=["ho", "no"], handleInvalid="keep"),
        VectorAssembler(inputCols=["ho", "no", "x"], outputCol="features", handleInvalid="keep"),
    ]


def named_back() -> list[Any]:
    from pyspark.ml.feature import IndexToString

    named = IndexToString(inputCol="prediction", outputCol="said", labels=["fine", "late"])
    return [*trees("GBTClassifier", hot=True, maxIter=3), named]


PIPELINES: dict[str, Callable[[], list[Any]]] = {
    "logistic, keep": logistic,
    "logistic, error": lambda: strict_logistic("error"),
    "logistic, skip": lambda: strict_logistic("skip"),
    "logistic, sparse weights": lambda: logistic(elasticNetParam=1.0, regParam=0.05),
    "logistic, threshold and no raw column": lambda: logistic(threshold=0.7, rawPredictionCol=""),
    "logistic, two classes as many": lambda: logistic(family="multinomial"),
    "logistic, three classes": three_classes,
    "logistic, thresholds": lambda: three_classes(thresholds=[0.2, 0.5, 0.3]),
    "linear": linear,
    "linear, sparse weights": lambda: linear(elasticNetParam=1.0, regParam=1.0),
    "tree of classes": lambda: trees("DecisionTreeClassifier", maxDepth=6),
    "tree of classes, thresholds": lambda: trees(
        "DecisionTreeClassifier", hot=True, three=True, thresholds=[0.5, 0.2, 0.0]
    ),
    "tree of numbers": lambda: trees("DecisionTreeRegressor"),
    "forest of classes": lambda: trees("RandomForestClassifier", three=True, numTrees=4, seed=1),
    "forest of numbers": lambda: trees("RandomForestRegressor", numTrees=4, seed=1),
    "boosted classes, named back": named_back,
    "boosted numbers": lambda: trees("GBTRegressor", maxIter=3),
    "clusters": clusters,
    "clusters by angle": lambda: clusters(distanceMeasure="cosine"),
    "numbers as text": numbers_as_text,
    "nulls in vectors": nulls_in_vectors,
}


@pytest.mark.parametrize("name", PIPELINES)
def test_scorer_and_spark_agree(frame: Any, tmp_path: Path, name: str) -> None:
    from pyspark.ml import Pipeline

    truth = Truth(Pipeline(stages=PIPELINES[name]()).fit(frame), frame, tmp_path, names=INPUTS)
    rows = truth.edges()
    assert len(rows) > 50
    assert [str(found) for found in truth.differences(rows, refused=3)] == []


# PySpark's tuning leaves its thread pool open
@pytest.mark.filterwarnings("ignore:unclosed running multiprocessing pool:ResourceWarning")
def test_a_tuned_and_nested_pipeline_agrees(frame: Any, tmp_path: Path) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.evaluation import RegressionEvaluator
    from pyspark.ml.tuning import ParamGridBuilder, TrainValidationSplit

    inner = Pipeline(stages=[*features()[:-1], Pipeline(stages=[*features()[-1:], linear()[-1]])])
    tuned = TrainValidationSplit(
        estimator=inner,
        estimatorParamMaps=ParamGridBuilder().build(),
        evaluator=RegressionEvaluator(labelCol="y"),
        seed=1,
    )
    truth = Truth(tuned.fit(frame), frame, tmp_path, names=INPUTS)
    gc.collect()
    assert truth.scorer.description.stages[-1] == "LinearRegressionModel"
    assert truth.differences(truth.edges(40), refused=1) == []


modes = st.sampled_from(["error", "keep", "skip"])


@given(modes, modes, st.booleans(), st.booleans(), st.sampled_from([float("nan"), 0.5, -0.0]))
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_feature_stages_agree_however_they_are_set(
    frame: Any,
    tmp_path: Path,
    index: str,
    assemble: str,
    drop_last: bool,
    with_mean: bool,
    missing: float,
) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import Imputer, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler

    kept = "keep" if index == "keep" else "error"
    stages = [
        StringIndexer(inputCols=["c", "h"], outputCols=["ci", "hi"], handleInvalid=index),
        OneHotEncoder(inputCols=["ci"], outputCols=["co"], dropLast=drop_last, handleInvalid=kept),
        Imputer(inputCols=["x", "f"], outputCols=["xi", "fi"], missingValue=missing),
        VectorAssembler(inputCols=["co", "hi", "xi", "fi", "l"], outputCol="raw", handleInvalid=assemble),
        StandardScaler(inputCol="raw", outputCol="features", withMean=with_mean),
    ]
    truth = Truth(Pipeline(stages=stages).fit(frame), frame, tmp_path, names=INPUTS)
    assert [str(found) for found in truth.differences(truth.edges(60), refused=2)] == []
