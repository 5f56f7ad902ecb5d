"""Tuned and nested pipelines beside Spark's own transform, and feature stages however they are set."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.cases_pipelines import INPUTS, features, linear
from parity.frames import plain
from parity.truth import Truth

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    cached = plain(spark).cache()
    yield cached
    cached.unpersist()


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
