"""Tuned and nested pipelines, and feature stages in random settings, score as Spark's own transform does."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.frames import scalars
from parity.pipelines import SCALAR_COLUMNS, scalar_features
from parity.spark_reference import SparkReference

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    cached = scalars(spark).cache()
    yield cached
    cached.unpersist()


@pytest.mark.slow
# PySpark's tuning leaves its thread pool open
@pytest.mark.filterwarnings("ignore:unclosed running multiprocessing pool:ResourceWarning")
def test_a_tuned_and_nested_pipeline_agrees(frame: Any, tmp_path: Path) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.evaluation import RegressionEvaluator
    from pyspark.ml.regression import LinearRegression
    from pyspark.ml.tuning import ParamGridBuilder, TrainValidationSplit

    *features, assembler = scalar_features()
    inner = Pipeline(stages=[*features, Pipeline(stages=[assembler, LinearRegression(labelCol="y")])])
    tuned = TrainValidationSplit(
        estimator=inner,
        estimatorParamMaps=ParamGridBuilder().build(),
        evaluator=RegressionEvaluator(labelCol="y"),
        seed=1,
    )
    reference = SparkReference(tuned.fit(frame), frame, tmp_path, names=SCALAR_COLUMNS)
    gc.collect()
    assert reference.scorer.description.stages[-1] == "LinearRegressionModel"
    assert reference.compare(reference.edge_rows(40), refused=1).differences == []


modes = st.sampled_from(["error", "keep", "skip"])


@given(modes, modes, st.booleans(), st.booleans(), st.sampled_from([float("nan"), 0.5, -0.0]))
@settings(
    max_examples=4,
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

    encoder_mode = "keep" if index == "keep" else "error"
    stages = [
        StringIndexer(inputCols=["c", "h"], outputCols=["ci", "hi"], handleInvalid=index),
        OneHotEncoder(inputCols=["ci"], outputCols=["co"], dropLast=drop_last, handleInvalid=encoder_mode),
        Imputer(inputCols=["x", "f"], outputCols=["xi", "fi"], missingValue=missing),
        VectorAssembler(inputCols=["co", "hi", "xi", "fi", "l"], outputCol="raw", handleInvalid=assemble),
        StandardScaler(inputCol="raw", outputCol="features", withMean=with_mean),
    ]
    reference = SparkReference(Pipeline(stages=stages).fit(frame), frame, tmp_path, names=SCALAR_COLUMNS)
    assert list(map(str, reference.compare(reference.edge_rows(60), refused=2).differences)) == []
