"""Models that plain PySpark saved: compared with Spark, written for MLflow, registered, and scored everywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkops.artifact.saved_spark_model import SavedSparkModel, read_spark_model
from sparkops.artifact.spark_reference import build_session_reference
from sparkops.config.settings import Settings
from sparkops.registry.external_model import build_folder, compare_with_spark, compile_external_model
from sparkops.registry.registry import Registry

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    rows = [("abc"[at % 3], at % 7 / 2.0, at % 5, float(at % 7 > 2)) for at in range(60)]
    cached = spark.createDataFrame(rows, "c string, x double, n int, label double").coalesce(1).cache()
    yield cached
    cached.unpersist()


@pytest.fixture(scope="module")
def pipeline(frame: Any) -> Any:
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StringIndexer, VectorAssembler

    stages = [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        VectorAssembler(inputCols=["ci", "x", "n"], outputCol="features"),
        LogisticRegression(maxIter=3),
    ]
    return Pipeline(stages=stages).fit(frame)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., SavedSparkModel]:
    """Save a fitted model as Spark does, and read it as `models compile` does."""

    def make(fitted: Any, schema: str = "c string, x double, n int") -> SavedSparkModel:
        fitted.write().overwrite().save((tmp_path / "saved").as_uri())
        return read_spark_model(tmp_path / "saved", schema=schema)

    return make


@pytest.fixture
def registry(make_settings: Callable[..., Settings], empty_store: Path) -> Registry:
    settings = make_settings()
    (settings.state / "mlflow").mkdir(parents=True)
    shutil.copy(empty_store, settings.state / "mlflow" / "mlflow.db")
    return Registry(settings)


def scores(frame: Any) -> list[float]:
    """Return prediction and probabilities of all rows, in their order."""
    from pyspark.ml.functions import vector_to_array
    from pyspark.sql import functions as F

    is_vector = dict(frame.dtypes)["probability"] == "vector"
    probability = vector_to_array("probability") if is_vector else F.col("probability")
    rows = frame.select("prediction", probability).collect()
    return [number for row in rows for number in (row[0], *row[1])]


def test_mlflow_scores_the_written_folder_as_the_pipeline_does(
    spark, frame, pipeline, save, tmp_path
) -> None:
    import mlflow
    from pyspark.sql import functions as F

    model = compare_with_spark(
        compile_external_model(save(pipeline)), build_session_reference(spark), rows=30
    )
    facts = build_folder(model, "m", tmp_path / "out")
    assert facts.compiled
    assert facts.parity == len(model.cases) > 30
    rows, expected = frame.drop("label"), pytest.approx(scores(pipeline.transform(frame)), rel=1e-9)
    loaded = mlflow.spark.load_model(str(tmp_path / "out"))
    assert scores(loaded.transform(rows)) == expected
    score = mlflow.pyfunc.spark_udf(spark, str(tmp_path / "out"), env_manager="local")
    assert scores(rows.select(score(F.struct(*rows.columns)).alias("s")).select("s.*")) == expected


def test_a_single_stage_and_a_tuned_model_are_loaded_as_pipelines(
    spark, frame, pipeline, save, tmp_path
) -> None:
    from pyspark.ml import PipelineModel
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.evaluation import BinaryClassificationEvaluator
    from pyspark.ml.tuning import ParamGridBuilder, TrainValidationSplit

    rows = pipeline.transform(frame).select("features", "label")
    tuned = TrainValidationSplit(
        estimator=LogisticRegression(maxIter=2),
        estimatorParamMaps=ParamGridBuilder().build(),
        evaluator=BinaryClassificationEvaluator(),
        seed=1,
    ).fit(rows)
    for name, fitted in (("stage", pipeline.stages[-1]), ("tuned", tuned)):
        saved = save(fitted, "features VECTOR(3)")
        model = compare_with_spark(compile_external_model(saved), build_session_reference(spark), rows=5)
        assert build_folder(model, "m", tmp_path / name).compiled, model.compilation.reasons
        loaded = PipelineModel.load((tmp_path / name / "sparkml").as_uri())
        assert scores(loaded.transform(rows)) == pytest.approx(scores(fitted.transform(rows)), rel=1e-9)


def test_a_registered_version_scores_frames_compiled_or_by_spark(
    spark, frame, pipeline, save, registry, tmp_path
) -> None:
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import SQLTransformer

    left = SQLTransformer(statement="SELECT *, uuid() AS id FROM __THIS__")
    for name, fitted in (("one", pipeline), ("two", PipelineModel([left, *pipeline.stages]))):
        model = compile_external_model(save(fitted))
        if model.compilation.description is not None:
            model = compare_with_spark(model, build_session_reference(spark), rows=5)
        info = registry.register_folder(build_folder(model, name, tmp_path / name), tmp_path / name)
        assert (info.version, info.aliases, info.compiled) == (1, ("champion",), name == "one")
        scored = registry.load_version(name).transform(frame.drop("label"))
        assert scores(scored) == pytest.approx(scores(pipeline.transform(frame)), rel=1e-9)
