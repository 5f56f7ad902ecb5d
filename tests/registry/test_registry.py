"""The registry on a real SQLite store with real Spark models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.without import run

from sparkops.artifact.certify import certify
from sparkops.cli.models.versions import format_version
from sparkops.compiler import compile_model, fields_from_spark
from sparkops.config.settings import Settings
from sparkops.errors import GateFailed, ModelError, ParityBroken, RowError, SignatureMismatch, UnknownName
from sparkops.pipeline.model import Gate, Model
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pyfunc.worker.open_scorer import open_scorer
from sparkops.registry.catalog import list_entries
from sparkops.registry.mlflow_store import resolve_tracking_uri
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun
from sparkops.scoring import load
from sparkops.scoring.ir.conditions import ColumnRef, Compare, Constant, IsNull, RowRule
from sparkops.scoring.ir.portable_rules import PortableRule, PortableRules
from sparkops.spark.cancel import tag_jobs

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]


@pytest.fixture
def registry(shared_settings: Settings, spark: Any, late: ModelVersionInfo) -> Registry:
    return Registry(shared_settings, spark)


@pytest.fixture
def empty_registry(make_settings: Callable[..., Settings], spark: Any, empty_store: Path) -> Registry:
    """Return an empty registry for one test."""
    settings = make_settings()
    (settings.state / "mlflow").mkdir(parents=True)
    shutil.copy(empty_store, settings.state / "mlflow" / "mlflow.db")
    return Registry(settings, spark)


def test_a_registered_version_has_its_run_tables_metrics_gates_and_alias(late: ModelVersionInfo) -> None:
    assert (late.name, late.version, late.run_id, late.uri) == ("late", 1, "run-1", "models:/late/1")
    assert late.compiled
    assert late.parity > 200
    assert late.tables == {"flights": 12, "weather": None}
    assert late.aliases == ("champion",)
    assert 0.5 < late.metrics["auc"] < 1.0
    assert [gate.passed for gate in late.gates] == [True, True]
    assert late.time is not None


def test_a_scorer_whose_hash_is_not_the_registered_one_is_refused(
    registry: Registry, shared_settings: Settings
) -> None:
    (entry,) = list_entries(shared_settings, "late")
    file = registry.fetch_folder("late", 1) / "scorer" / "description.json"
    content = file.read_text("utf-8")
    assert entry.tags["sparkops.scorer"] == json.loads(content)["hash"]
    file.write_text(content.replace(entry.tags["sparkops.scorer"], "0" * 64))
    try:
        with pytest.raises(ModelError, match="late/1 is not what was registered"):
            registry.load_version("late", 1)
        with pytest.raises(ModelError, match="late/1 is not what was registered"):
            open_scorer("late/1", tracking_uri=resolve_tracking_uri(shared_settings))
    finally:
        file.write_text(content)


def test_a_retry_of_the_same_run_registers_no_second_version(
    registry: Registry, trained: Model, late: ModelVersionInfo
) -> None:
    assert registry.register(trained, name="late", training=TrainingRun("run-1")) == late
    assert [version.version for version in registry.list_versions("late")] == [1]


def test_the_local_registry_is_listed_and_resolved_without_mlflow(
    shared_settings: Settings, late: ModelVersionInfo
) -> None:
    code = (
        "from pathlib import Path\nfrom sparkops.config.settings import Settings\n"
        "from sparkops.registry.registry import Registry\nimport json\n"
        "registry = Registry(Settings.model_validate(json.loads(sys.argv[1])))\n"
        "print([(each.name, each.version, each.aliases) for each in registry.list() if each.name == 'late'],"
        " registry.show('late').uri)"
    )
    output = run(code, shared_settings.model_dump_json(), without=("mlflow", "pyspark", "pandas", "numpy"))
    assert output.strip() == "[('late', 1, ('champion',))] models:/late/1"


def test_a_version_is_found_by_number_alias_or_as_champion(
    registry: Registry, late: ModelVersionInfo
) -> None:
    for at in (1, "1", "champion", "@champion", None):
        assert registry.resolve("late", at) == late


@pytest.mark.parametrize(
    ("name", "at", "message"),
    [
        ("lates", None, "No model `lates` in the registry. Did you mean `late`?"),
        ("late", 7, "No version `7` in model `late`. Known: 1."),
        ("late", "champoin", "No alias `champoin` in model `late`. Did you mean `champion`?"),
    ],
)
def test_an_unknown_name_is_an_error_with_a_suggestion(
    registry: Registry, name: str, at: Any, message: str
) -> None:
    with pytest.raises(UnknownName) as error:
        registry.resolve(name, at)
    assert message in str(error.value)


def test_the_scorer_answers_every_row_as_spark_does(
    registry: Registry, shared_settings: Settings, flights: Any, late: ModelVersionInfo
) -> None:
    scorer = open_scorer("models:/late@champion", tracking_uri=resolve_tracking_uri(shared_settings))
    scored = registry.load_version("late").fitted.transform(flights.drop("late")).collect()
    rows = [row.asDict() for row in scored]
    names = [field.name for field in scorer.fields]
    assert len(rows) == flights.count()
    for row in rows:
        mine = scorer.score({name: row[name] for name in names})
        assert mine["prediction"] == row["prediction"]
        assert mine["probability"] == pytest.approx(
            row["probability"].toArray().tolist(), rel=1e-12, abs=1e-15
        )


def test_a_scored_frame_has_outputs_and_version_but_no_intermediate_columns(
    registry: Registry, flights: Any
) -> None:
    scored = registry.load_version("late", 1).transform(flights.limit(3))
    assert scored.columns == [*flights.columns, "prediction", "probability", "model_version"]
    assert {row.model_version for row in scored.collect()} == {1}


def test_a_frame_that_does_not_fit_is_an_error_that_names_the_columns(
    registry: Registry, flights: Any
) -> None:
    version = registry.load_version("late")
    wrong = flights.withColumnRenamed("temp", "tmp").withColumn("carrier", flights.month)
    with pytest.raises(SignatureMismatch) as error:
        version.transform(wrong)
    assert "`carrier` is int, the model was trained on string: cast it" in str(error.value)
    assert "`temp` (double) is missing, did you mean `tmp`?" in str(error.value)
    with pytest.raises(SignatureMismatch, match="adds `prediction`, which these rows have already"):
        version.transform(flights.withColumnRenamed("late", "prediction"))


def test_a_smaller_or_larger_integer_fits(registry: Registry, flights: Any) -> None:
    wider = flights.withColumn("month", flights.month.cast("bigint"))
    assert registry.load_version("late").transform(wider.limit(1)).count() == 1


def test_a_version_with_a_failed_gate_becomes_challenger_and_the_champion_stays(
    empty_registry: Registry, trained: Model
) -> None:
    quick = replace(trained, heldout=None, evaluate=None)
    first = empty_registry.register(replace(quick, metrics={"auc": 0.8}), name="m", training=TrainingRun("1"))
    gate = Gate(metric="auc", at_least=0.9)
    second = empty_registry.register(
        replace(quick, metrics={"auc": 0.7}), name="m", training=TrainingRun("2"), gates=[gate]
    )
    assert second.aliases == ("challenger",)
    assert empty_registry.resolve("m").version == first.version
    with pytest.raises(GateFailed, match=r"auc is 0.7, must be at least 0.9"):
        empty_registry.promote("m", 2)
    assert empty_registry.promote("m", 2, force=True).aliases == ("champion",)
    assert empty_registry.resolve("m", "previous").version == 1
    assert empty_registry.rollback("m").version == 1
    with pytest.raises(UnknownName, match="No alias `previous`"):
        empty_registry.resolve("m", "previous")
    with pytest.raises(UnknownName, match="No other version was champion before"):
        empty_registry.rollback("m")


def test_each_rollback_goes_back_by_one_champion_more_or_to_a_given_one(
    empty_registry: Registry, trained: Model
) -> None:
    quick = replace(trained, heldout=None, evaluate=None, metrics={"auc": 0.8})
    for number in range(1, 5):
        empty_registry.register(quick, name="m", training=TrainingRun(str(number)))
    empty_registry.promote("m", 2)
    assert empty_registry.rollback("m").version == 4
    assert empty_registry.resolve("m", "previous").version == 3
    assert empty_registry.rollback("m").version == 3
    assert empty_registry.resolve("m", "previous").version == 2
    assert empty_registry.rollback("m", to=1).version == 1
    with pytest.raises(UnknownName, match="No other version was champion before"):
        empty_registry.rollback("m")
    empty_registry.promote("m", 4)
    with pytest.raises(UnknownName, match=r"No version `3` in the earlier champions of `m`. Known: 1"):
        empty_registry.rollback("m", to=3)
    assert empty_registry.rollback("m").version == 1


def test_a_worse_model_does_not_replace_the_champion(empty_registry: Registry, trained: Model) -> None:
    gate = Gate(metric="auc", not_worse=True)
    empty_registry.register(trained, name="m", training=TrainingRun("1"), gates=[gate])
    answers = iter((0.6, 0.7))  # the new model's, then the champion's on the same rows
    worse = replace(trained, evaluate=lambda _: {"auc": next(answers)})
    result = empty_registry.register(worse, name="m", training=TrainingRun("2"), gates=[gate])
    assert (result.gates[0].value, result.gates[0].champion) == (0.6, 0.7)
    assert result.aliases == ("challenger",)
    assert empty_registry.resolve("m").version == 1


def test_without_a_champion_show_returns_the_newest_and_resolve_says_what_to_do(
    empty_registry: Registry, trained: Model
) -> None:
    gate = Gate(metric="auc", at_least=2)
    empty_registry.register(
        replace(trained, heldout=None, evaluate=None, metrics={"auc": 0.7}),
        name="m",
        training=TrainingRun("1"),
        gates=[gate],
    )
    assert empty_registry.show("m").version == 1
    with pytest.raises(UnknownName, match="`sparkops models promote m/1`"):
        empty_registry.resolve("m")
    with pytest.raises(UnknownName, match="No other version was champion before"):
        empty_registry.rollback("m")


def test_a_changed_scorer_may_not_be_promoted(empty_registry: Registry, trained: Model) -> None:
    empty_registry.register(
        replace(trained, heldout=None, evaluate=None), name="m", training=TrainingRun("1")
    )
    description = empty_registry.fetch_folder("m", 1) / "scorer" / "description.json"
    values = json.loads(description.read_text())
    values["fields"][0]["nullable"] = not values["fields"][0]["nullable"]
    description.write_text(json.dumps(values))
    with pytest.raises(GateFailed, match="its scorer is damaged"):
        empty_registry.promote("m", 1, alias="candidate")


def test_row_rules_are_registered_with_a_model_and_shown(empty_registry: Registry, trained: Model) -> None:
    month, facts = ColumnRef("month"), {"table": "t", "place": "t.yml:3", "policy": "fail", "mostly": 1.0}
    late = RowRule(fields=("month",), expects=Compare("<=", month, Constant(12)), unless=IsNull(month))
    rule = PortableRule(label="a month", types={"month": "integer"}, rule=late, **facts)  # type: ignore[arg-type]
    unread = replace(rule, label="a tail", rule=replace(late, fields=("tail",)))
    quick = replace(trained, heldout=None, evaluate=None)
    empty_registry.register(
        quick, name="m", training=TrainingRun("1", rules=PortableRules(rules=(rule, unread)))
    )
    shown = "\n".join(format_version(empty_registry.show("m")))
    assert "Rules    1 for rows, from the checks of its tables; omitted: 1" in shown
    assert "t: a tail: column `tail` is not read by the model" in shown
    row = {"carrier": "UA", "origin": "JFK", "month": 13, "distance": 100, "dep_time": 900, "temp": 1.0}
    with pytest.raises(RowError, match="`month`: 13 violates a month"):
        load(empty_registry.fetch_folder("m") / "scorer", rules="refuse").score(row)


@pytest.mark.slow
def test_a_model_that_only_spark_scores_is_registered_with_the_reason(
    empty_registry: Registry, flights: Any
) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import SQLTransformer, VectorAssembler
    from pyspark.ml.regression import LinearRegression

    half = SQLTransformer(
        statement="select *, xpath_int(concat('<a>', distance, '</a>'), 'a') as half from __THIS__"
    )
    assembler = VectorAssembler(inputCols=["half"], outputCol="features")
    fitted = Pipeline(stages=[half, assembler, LinearRegression(labelCol="late")]).fit(flights)
    result = empty_registry.register(
        Model(fitted=fitted, example=flights, label="late"), name="m", training=TrainingRun("1")
    )
    assert not result.compiled
    assert result.parity > 0
    assert "SQLTransformer" in result.reasons[0]
    assert empty_registry.load_version("m").transform(flights).columns[-2:] == ["prediction", "model_version"]
    with pytest.raises(ModelError, match=r"a Spark model with stages.*SQLTransformer.*--trust"):
        open_scorer(empty_registry.fetch_folder("m"))


class InvertedModel:
    """A fitted model whose predictions are the opposite of those of its saved copy."""

    def __init__(self, fitted: Any) -> None:
        self.fitted, self.stages = fitted, fitted.stages

    def write(self) -> Any:
        return self.fitted.write()

    def transform(self, frame: Any) -> Any:
        from pyspark.sql import functions as F

        return self.fitted.transform(frame).withColumn("prediction", 1.0 - F.col("prediction"))


def test_a_scorer_that_differs_from_spark_gets_no_certificate(
    trained: Model, late: ModelVersionInfo, registry: Registry
) -> None:
    fields = fields_from_spark(trained.example.schema.jsonValue())
    description = compile_model(registry.fetch_folder("late") / "sparkml", fields)
    assert len(certify(trained, description)) == late.parity
    with pytest.raises(ParityBroken, match=r"differ on \d+ of \d+ rows\. First: row \d+: prediction is"):
        certify(replace(trained, fitted=InvertedModel(trained.fitted)), description)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"metrics": {"auc": float("nan")}, "evaluate": None}, ModelError, "Metric `auc` is nan"),
        ({"heldout": None}, ModelError, "give Model.heldout, too"),
        ({"fitted": object()}, ModelError, "Model.fitted is a object"),
    ],
)
def test_an_unusable_model_is_refused_before_anything_is_saved(
    empty_registry: Registry, trained: Model, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        empty_registry.register(replace(trained, **change), name="m", training=TrainingRun("1"))
    assert empty_registry.list() == ()


def test_empty_rows_and_missing_columns_are_errors(
    empty_registry: Registry, trained: Model, flights: Any
) -> None:
    with pytest.raises(ModelError, match=r"Model.example has no rows"):
        empty_registry.register(
            replace(trained, example=flights.limit(0)), name="m", training=TrainingRun("1")
        )
    with pytest.raises(ModelError, match=r"Model.heldout has no rows"):
        empty_registry.register(
            replace(trained, heldout=flights.limit(0)), name="m", training=TrainingRun("1")
        )
    with pytest.raises(SignatureMismatch, match=r"Model.example lacks columns that the model reads: temp"):
        empty_registry.register(
            replace(trained, example=flights.drop("temp")), name="m", training=TrainingRun("1")
        )


def test_a_registered_model_whose_folder_is_gone_is_an_error(
    empty_registry: Registry, trained: Model
) -> None:
    empty_registry.register(
        replace(trained, heldout=None, evaluate=None), name="m", training=TrainingRun("1")
    )
    folder: Path = empty_registry.fetch_folder("m")
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(ModelError, match=r"is registered, but its folder .* is gone"):
        empty_registry.fetch_folder("m")


def test_one_fitted_stage_over_a_vector_is_a_model_too(empty_registry: Registry, flights: Any) -> None:
    import mlflow
    import pandas as pd
    from pyspark.ml.classification import DecisionTreeClassifier
    from pyspark.ml.feature import VectorAssembler

    assembler = VectorAssembler(inputCols=["month", "distance"], outputCol="features")
    rows = assembler.transform(flights).select("features", "late")
    fitted = DecisionTreeClassifier(labelCol="late", maxDepth=3).fit(rows)
    result = empty_registry.register(
        Model(fitted=fitted, example=rows.select("features")), name="m", training=TrainingRun("1")
    )
    assert result.compiled
    answer = open_scorer(empty_registry.fetch_folder("m")).score({"features": [1.0, 1400.0]})
    frame = pd.DataFrame({"features": [[1.0, 1400.0]]})
    assert (
        mlflow.pyfunc.load_model(str(empty_registry.fetch_folder("m"))).predict(frame)["probability"][0]
        == answer["probability"]
    )
    assert empty_registry.load_version("m").transform(rows.limit(2)).count() == 2


def test_every_job_of_a_registration_has_the_tag_by_which_its_run_is_cancelled(
    empty_registry: Registry, trained: Model, spark: Any
) -> None:
    with tag_jobs(spark, "tagged-registration"):
        empty_registry.register(trained, name="m", training=TrainingRun("1"))
    ids = sorted(spark.sparkContext._jsc.sc().statusTracker().getJobIdsForTag("tagged-registration"))
    assert len(ids) > 20
    assert ids == list(range(ids[0], ids[-1] + 1))
