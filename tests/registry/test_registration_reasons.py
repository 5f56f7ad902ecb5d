"""Whatever Spark fits is registered: with a certified scorer, or scored by Spark with the reason."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkops import compiler
from sparkops.config.settings import Settings
from sparkops.errors import ParityBroken
from sparkops.pipeline.model import Model
from sparkops.registry import compile_and_certify
from sparkops.registry.registry import Registry
from sparkops.registry.spark_model_folder import dry_run_compile
from sparkops.registry.training_run import TrainingRun
from sparkops.scoring import Scorer, load

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]


@pytest.fixture
def settings(make_settings: Callable[..., Settings], empty_store: Path) -> Settings:
    # without a measurement of both methods, which takes seconds
    result = make_settings(models={"batch": "mapInArrow"})
    (result.state / "mlflow").mkdir(parents=True)
    shutil.copy(empty_store, result.state / "mlflow" / "mlflow.db")
    return result


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    rows = [("ab"[at % 2], at % 7 / 2.0, at % 3, ("late", "ontime")[at % 5 > 2]) for at in range(60)]
    cached = spark.createDataFrame(rows, "c string, x double, n int, late string").coalesce(1).cache()
    yield cached
    cached.unpersist()


def fit(frame: Any, *stages: Any) -> Model:
    from pyspark.ml import Pipeline

    return Model(fitted=Pipeline(stages=list(stages)).fit(frame), example=frame, label="late")


def assembled(*columns: str) -> Any:
    from pyspark.ml.feature import VectorAssembler

    return VectorAssembler(inputCols=list(columns), outputCol="features")


def classifier(label: str = "label") -> Any:
    from pyspark.ml.classification import LogisticRegression

    return LogisticRegression(labelCol=label, maxIter=2)


def register(settings: Settings, model: Model) -> tuple[Any, Scorer]:
    registry = Registry(settings, model.example.sparkSession)
    info = registry.register(model, name="m", training=TrainingRun("1"))
    assert info.compiled, info.reasons
    return registry, load(registry.fetch_folder("m") / "scorer")


def test_a_model_that_reads_no_column_is_scored_by_spark(settings: Settings, frame: Any) -> None:
    from pyspark.ml.feature import SQLTransformer
    from pyspark.ml.regression import LinearRegression

    constant = SQLTransformer(statement="SELECT *, length(typeof(x)) AS size FROM __THIS__")
    regression = LinearRegression(labelCol="n", maxIter=1)
    info = Registry(settings, frame.sparkSession).register(
        fit(frame, constant, assembled("size"), regression), name="m", training=TrainingRun("1")
    )
    assert (info.compiled, info.reasons) == (False, ("it reads no column of its rows",))


def test_a_label_whose_unseen_values_are_skipped_is_a_field(settings: Settings, frame: Any) -> None:
    from pyspark.ml.feature import StringIndexer

    indexer = StringIndexer(inputCol="late", outputCol="label", handleInvalid="skip")
    _, scorer = register(settings, fit(frame, indexer, assembled("x", "n"), classifier()))
    assert [field.name for field in scorer.fields] == ["x", "n", "late"]
    assert scorer.answer({"x": 1.0, "n": 2, "late": "never seen"}) == "dropped"
    assert isinstance(scorer.answer({"x": 1.0, "n": 2, "late": "late"}), dict)


def test_a_label_that_a_select_names_is_needed_by_spark_and_not_by_rows(
    settings: Settings, frame: Any
) -> None:
    from pyspark.ml.feature import SQLTransformer

    label = SQLTransformer(statement="SELECT *, IF(late = 'late', 1.0D, 0.0D) AS label FROM __THIS__")
    registry, scorer = register(settings, fit(frame, label, assembled("x", "n"), classifier()))
    assert [field.name for field in scorer.fields] == ["x", "n"]
    rows = frame.drop("late")
    scored = registry.load_version("m").transform(rows)
    assert scored.columns == ["c", "x", "n", "prediction", "probability", "model_version"]
    by_spark = Registry(
        settings.model_copy(update={"models": settings.models.model_copy(update={"batch": "transform"})})
    )
    again = by_spark.load_version("m").transform(rows)
    assert again.select("prediction").collect() == scored.select("prediction").collect()


def test_unseen_values_that_an_indexer_keeps_have_a_name(settings: Settings, frame: Any) -> None:
    from pyspark.ml.feature import IndexToString, StringIndexer

    stages = [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        IndexToString(inputCol="ci", outputCol="name"),
    ]
    _, scorer = register(settings, fit(frame, *stages))
    assert [scorer.score({"c": c})["name"] for c in ("a", "z", None)] == ["a", "__unknown", "__unknown"]


def test_columns_after_the_last_predictor_are_outputs(settings: Settings, frame: Any) -> None:
    from pyspark.ml.feature import Binarizer, SQLTransformer, StringIndexer

    model = fit(
        frame,
        StringIndexer(inputCol="late", outputCol="label"),
        assembled("x", "n"),
        classifier().setPredictionCol("p1").setProbabilityCol("q1").setRawPredictionCol("r1"),
        classifier().setPredictionCol("p2").setProbabilityCol("q2").setRawPredictionCol("r2"),
        SQLTransformer(statement="SELECT *, (p1 + p2) / 2 AS both FROM __THIS__"),
        Binarizer(inputCol="both", outputCol="agreed", threshold=0.5),
    )
    registry, scorer = register(settings, model)
    assert [output.name for output in scorer.outputs] == ["p1", "q1", "p2", "q2", "both", "agreed", "label"]
    scored = registry.load_version("m").transform(frame.limit(5))
    assert scored.columns[-4:] == ["both", "agreed", "label", "model_version"]


@pytest.mark.slow
def test_a_scorer_that_differs_from_spark_is_not_used_and_the_model_is_registered(
    settings: Settings, frame: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(*_: Any) -> Any:
        raise ParityBroken("the compiled scorer and Spark differ on 3 of 90 rows. First: row 2")

    monkeypatch.setattr(compile_and_certify, "certify", differ)
    model = fit(frame, assembled("x", "n"))
    compilation = dry_run_compile(model, settings)
    assert compilation.description is None
    assert compilation.problem.startswith("the compiled scorer and Spark differ on 3 of 90 rows")
    registry = Registry(settings, frame.sparkSession)
    info = registry.register(model, name="m", training=TrainingRun("1"))
    assert (info.compiled, info.reasons) == (False, (compilation.problem,))
    assert not (registry.fetch_folder("m") / "scorer").exists()
    assert registry.load_version("m").transform(frame.limit(2)).columns[-2:] == ["features", "model_version"]


def test_a_defect_of_the_compiler_is_a_reason(
    settings: Settings, frame: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RecursionError("too deep")

    monkeypatch.setattr(compiler, "compile_stages", fail)
    (reason,) = dry_run_compile(fit(frame, assembled("x", "n")), settings).reasons
    assert reason == "this version of sparkops cannot compile it (RecursionError('too deep'))"


def test_a_column_inside_of_another_one_is_a_field(settings: Settings, frame: Any) -> None:
    nested = frame.selectExpr("named_struct('x', x, 'n', double(n)) s", "c")
    model = fit(nested, assembled("s.x", "s.n"))
    registry = Registry(settings, frame.sparkSession)
    info = registry.register(model, name="m", training=TrainingRun("1"))
    assert info.compiled
    assert registry.load_version("m").transform(nested.limit(2)).count() == 2
