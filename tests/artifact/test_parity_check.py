"""The certificate run again: the kept rows, fresh ones, another interpreter's Spark."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sparkops.artifact.compiled_scorer import write_compiled_scorer
from sparkops.artifact.parity_check import (
    ParityCheck,
    SparkReference,
    interpreter_reference,
    session_reference,
)
from sparkops.artifact.saved_spark_model import read_spark_model
from sparkops.compiler import compile_model, fields_from_spark
from sparkops.errors import EngineError, ModelError, NotCompiled
from sparkops.registry.registry import Registry
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.scorer import Scorer

FIXTURES = Path(__file__).parents[1] / "saved_models"
DDL = {"categories": "c string, d string, x double, g double, n int", "boosted": "c string, x double, n int"}


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., Path]:
    """Compile a fixture as `models compile --into` does."""

    def make(name: str = "boosted", spark: str = "spark-4.1") -> Path:
        model = read_spark_model(FIXTURES / spark / name / "model", schema=DDL[name])
        write_compiled_scorer(compile_model(model.saved, model.fields), model, tmp_path / "made")
        return tmp_path / "made"

    return make


def told_by(scorer: Scorer, **changes: Any) -> SparkReference:
    """Return a Spark that answers as a scorer does, but for some columns."""

    def ask(saved: Path, head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
        answers = [scorer.answer(row) for row in rows]
        assert "refused" not in answers[: head["together"]]
        changed = [answer | changes if isinstance(answer, dict) else answer for answer in answers]
        return "4.9", changed

    return ask


def test_a_compiled_folder_gets_its_certificate_once_spark_agreed(compiled) -> None:
    found = ParityCheck.of(compiled(), rows=50, seed=1)
    assert (found.cases, len(found.fresh), found.trained_by[:3]) == ((), 50, "4.1")
    compared = found.asked(told_by(found.scorer))
    assert (compared.spark, compared.differences) == ("4.9", ())
    assert compared.rows > 60
    assert found.write_certificate(compared) == found.folder / CERTIFICATE
    again = ParityCheck.of(found.folder, rows=20, seed=1)
    assert len(again.cases) == compared.rows
    assert again.kept() == []
    assert again.write_certificate(compared) is None


def test_differences_are_told_with_their_rows(compiled) -> None:
    found = ParityCheck.of(compiled(), rows=10, seed=1)
    compared = found.asked(told_by(found.scorer, rawPrediction=[9.0, -9.0]))
    assert len(compared.differences) == compared.rows - compared.refused
    assert "rawPrediction is [9.0, -9.0] in Spark" in compared.told()[0]
    assert "'x':" in compared.told()[0]


def test_fresh_rows_are_new_the_same_for_a_seed_and_mostly_answered(compiled) -> None:
    folder = compiled("categories")
    one, same, other = (ParityCheck.of(folder, rows=300, seed=seed) for seed in (3, 3, 4))
    assert repr(one.fresh) == repr(same.fresh)
    assert repr(one.fresh) != repr(other.fresh)
    answers = [one.scorer.answer(row) for row in one.fresh]
    assert len({repr(row) for row in one.fresh}) > 150
    assert sum(isinstance(answer, dict) for answer in answers) > 150
    assert answers.count("refused") <= 12


def test_what_has_no_scorer_or_lost_its_model_is_told(compiled, tmp_path: Path) -> None:
    with pytest.raises(NotCompiled, match="sparkops models compile"):
        ParityCheck.of(FIXTURES / "spark-4.1" / "boosted" / "model")
    folder = compiled()
    (folder / "compiled.json").write_text(json.dumps({"model": str(tmp_path / "gone")}), "utf-8")
    with pytest.raises(ModelError, match=r"gone that .* was compiled from is gone"):
        ParityCheck.of(folder)


def test_an_interpreter_without_pyspark_says_so(compiled, tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -I "$@"\n', "utf-8")
    bare.chmod(0o755)
    with pytest.raises(
        EngineError, match=r"could not answer: ModuleNotFoundError: No module named .*pyspark"
    ):
        ParityCheck.of(compiled(), rows=1, seed=1).asked(interpreter_reference(bare))
    with pytest.raises(EngineError, match="can't be run"):
        ParityCheck.of(compiled(), rows=1, seed=1).asked(interpreter_reference(tmp_path / "gone"))


@pytest.mark.spark
@pytest.mark.parametrize("spark_of", ["spark-4.0", "spark-4.2"])
def test_this_spark_agrees_with_the_scorer_of_a_model_that_another_saved(compiled, spark, spark_of) -> None:
    found = ParityCheck.of(compiled("categories", spark_of), rows=100, seed=5)
    compared = found.asked(session_reference(spark))
    assert compared.told() == []
    assert compared.spark == spark.version != found.trained_by


@pytest.mark.spark
def test_a_registered_model_keeps_its_certificate_and_stands_fresh_rows(spark, shared_settings, late) -> None:
    found = ParityCheck.of(Registry(shared_settings).fetch("late@champion"), rows=100, seed=5)
    assert (len(found.cases), found.kept()) == (late.parity, [])
    compared = found.asked(session_reference(spark))
    assert compared.told() == []
    assert compared.rows > 250


@pytest.mark.cluster
def test_another_interpreter_is_asked_in_a_process_of_its_own(compiled) -> None:
    found = ParityCheck.of(compiled("categories"), rows=20, seed=5)
    compared = found.asked(interpreter_reference(Path(sys.executable)))
    assert compared.told() == []


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
    assert model.told_by == "MLflow's signature"
    assert fields_from_spark(example.schema.jsonValue())[0].name == model.fields[0].name
    write_compiled_scorer(compile_model(model.saved, model.fields), model, tmp_path / "made")
    compared = ParityCheck.of(tmp_path / "made", rows=50, seed=5).asked(session_reference(spark))
    assert compared.told() == []
