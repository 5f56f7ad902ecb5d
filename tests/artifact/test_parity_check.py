"""Parity checks of a compiled scorer: its certificate, random rows, and the Spark of another interpreter."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sparkops.artifact.compiled_scorer import write_compiled_scorer
from sparkops.artifact.parity_check import ParityCheck
from sparkops.artifact.saved_spark_model import read_spark_model
from sparkops.artifact.spark_reference import (
    SparkReference,
    build_interpreter_reference,
    build_session_reference,
)
from sparkops.compiler import compile_model, compile_stages, fields_from_spark
from sparkops.compiler.session import SessionSettings
from sparkops.compiler.sql.session_binding import find_session_conf
from sparkops.errors import EngineError, ModelError, NotCompiled
from sparkops.registry.registry import Registry
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.scorer import Scorer

FIXTURES = Path(__file__).parents[1] / "saved_models"
DDL = {"categories": "c string, d string, x double, g double, n int", "boosted": "c string, x double, n int"}


@pytest.fixture
def compile_fixture(tmp_path: Path) -> Callable[..., Path]:
    """Compile a saved model of the fixtures as `models compile --into` does, and return the scorer's folder."""

    def make(name: str = "boosted", spark: str = "spark-4.1") -> Path:
        model = read_spark_model(FIXTURES / spark / name / "model", schema=DDL[name])
        write_compiled_scorer(compile_model(model.folder, model.fields), model, tmp_path / "compiled")
        return tmp_path / "compiled"

    return make


def fake_spark(scorer: Scorer, **changes: Any) -> SparkReference:
    """Return a reference that answers as a scorer does, except for some columns."""

    def answer(
        model: Path, request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[Any]]:
        answers = [scorer.answer(row) for row in rows]
        assert "refused" not in answers[: request["together"]]
        return "4.9", [answer | changes if isinstance(answer, dict) else answer for answer in answers]

    return answer


def test_a_compiled_folder_gets_a_certificate_once_spark_agrees(compile_fixture) -> None:
    check = ParityCheck.for_model(compile_fixture(), rows=50, seed=1)
    assert (check.cases, len(check.random_rows), check.spark_version[:3]) == ((), 50, "4.1")
    result = check.compare(fake_spark(check.scorer))
    assert (result.spark_version, result.differences) == ("4.9", ())
    assert result.rows > 60
    assert check.write_certificate(result) == check.folder / CERTIFICATE
    again = ParityCheck.for_model(check.folder, rows=20, seed=1)
    assert len(again.cases) == result.rows
    assert again.check_certificate() == []
    assert again.write_certificate(result) is None


def test_messages_contain_each_difference_with_its_row(compile_fixture) -> None:
    check = ParityCheck.for_model(compile_fixture(), rows=10, seed=1)
    result = check.compare(fake_spark(check.scorer, rawPrediction=[9.0, -9.0]))
    assert len(result.differences) == result.rows - result.refused
    assert "rawPrediction is [9.0, -9.0] in Spark" in result.list_messages()[0]
    assert "'x':" in result.list_messages()[0]


def test_random_rows_are_the_same_for_a_seed_and_mostly_answered(compile_fixture) -> None:
    folder = compile_fixture("categories")
    one, same, other = (ParityCheck.for_model(folder, rows=300, seed=seed) for seed in (3, 3, 4))
    assert repr(one.random_rows) == repr(same.random_rows)
    assert repr(one.random_rows) != repr(other.random_rows)
    answers = [one.scorer.answer(row) for row in one.random_rows]
    assert len({repr(row) for row in one.random_rows}) > 150
    assert sum(isinstance(answer, dict) for answer in answers) > 150
    assert answers.count("refused") <= 12


def test_a_folder_without_a_scorer_or_without_its_spark_model_is_an_error(
    compile_fixture, tmp_path: Path
) -> None:
    with pytest.raises(NotCompiled, match="sparkops models compile"):
        ParityCheck.for_model(FIXTURES / "spark-4.1" / "boosted" / "model")
    folder = compile_fixture()
    (folder / "compiled.json").write_text(json.dumps({"model": str(tmp_path / "gone")}), "utf-8")
    with pytest.raises(ModelError, match=r"gone that .* was compiled from is gone"):
        ParityCheck.for_model(folder)


def test_an_interpreter_without_pyspark_is_an_error_with_its_message(compile_fixture, tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -I "$@"\n', "utf-8")
    bare.chmod(0o755)
    check = ParityCheck.for_model(compile_fixture(), rows=1, seed=1)
    with pytest.raises(
        EngineError,
        match=r"could not answer: ModuleNotFoundError: No module named .*pyspark'\. It needs pyspark .* Java",
    ):
        check.compare(build_interpreter_reference(bare))
    with pytest.raises(EngineError, match="can't be run"):
        check.compare(build_interpreter_reference(tmp_path / "gone"))


@pytest.mark.spark
@pytest.mark.parametrize("spark_of", ["spark-3.4", "spark-3.5", "spark-4.0", "spark-4.2"])
def test_this_spark_agrees_with_the_scorer_of_a_model_that_another_version_saved(
    compile_fixture, spark, spark_of
) -> None:
    check = ParityCheck.for_model(compile_fixture("categories", spark_of), rows=100, seed=5)
    result = check.compare(build_session_reference(spark))
    assert result.list_messages() == []
    assert result.spark_version == spark.version != check.spark_version


@pytest.mark.spark
def test_a_registered_model_agrees_with_spark_on_its_certificate_and_on_random_rows(
    spark, shared_settings, late
) -> None:
    check = ParityCheck.for_model(Registry(shared_settings).fetch("late@champion"), rows=100, seed=5)
    assert (len(check.cases), check.check_certificate()) == (late.parity, [])
    result = check.compare(build_session_reference(spark))
    assert result.list_messages() == []
    assert result.rows > 250


@pytest.mark.slow
@pytest.mark.cluster
def test_the_spark_of_another_interpreter_answers_in_its_own_process(compile_fixture) -> None:
    check = ParityCheck.for_model(compile_fixture("categories"), rows=20, seed=5)
    assert check.compare(build_interpreter_reference(Path(sys.executable))).list_messages() == []


@pytest.mark.cluster
@pytest.mark.slow
def test_another_interpreter_answers_in_the_session_that_an_expression_depends_on(tmp_path: Path) -> None:
    """Spark 3 is not in ANSI mode by default, and not every day of a time zone has a time 02:30."""
    statement = "SELECT unix_timestamp(s) AS seconds, n + 1 AS next FROM __THIS__"
    metadata = {
        "class": "org.apache.spark.ml.feature.SQLTransformer", "uid": "SQLTransformer_1", "timestamp": 0,
        "sparkVersion": "3.5.9", "paramMap": {"statement": statement}, "defaultParamMap": {},
    }  # fmt: skip
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "part-00000").write_text(json.dumps(metadata) + "\n")
    model = read_spark_model(tmp_path, schema="s string, n int")
    session = SessionSettings("America/New_York")
    description = compile_stages(model.folder, model.fields, session).require_description()
    conf = {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "America/New_York"}
    assert find_session_conf(description) == conf
    rows = [{"s": "2024-03-10 02:30:00", "n": 1}, {"s": "2024-07-01 00:00:00", "n": 2**31 - 1}]
    check = ParityCheck.for_description(description, model, rows, rows=10)
    result = check.compare(build_interpreter_reference(Path(sys.executable)))
    assert result.list_messages() == []
    assert result.refused > 0


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.filterwarnings("ignore:::mlflow")
def test_a_model_that_plain_mlflow_logged_compiles_and_answers_as_spark_does(
    spark, flights, fitted, tmp_path
) -> None:
    import mlflow.spark
    from mlflow.models import infer_signature

    example = flights.drop("late")
    signature = infer_signature(example, fitted.transform(example).select("prediction"))
    mlflow.spark.save_model(
        fitted, str(tmp_path / "model"), signature=signature, dfs_tmpdir=str(tmp_path / "tmp")
    )
    model = read_spark_model(tmp_path / "model")
    assert model.columns_source == "MLflow's signature"
    assert fields_from_spark(example.schema.jsonValue())[0].name == model.fields[0].name
    write_compiled_scorer(compile_model(model.folder, model.fields), model, tmp_path / "compiled")
    check = ParityCheck.for_model(tmp_path / "compiled", rows=50, seed=5)
    assert check.compare(build_session_reference(spark)).list_messages() == []
