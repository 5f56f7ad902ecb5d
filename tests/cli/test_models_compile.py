"""The command `sparkops models compile` on models that Spark saved; no Spark."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sparkops.cli.main import run_command
from sparkops.cli.serve import is_uncertified

FIXTURES = Path(__file__).parents[1] / "saved_models" / "spark-4.1"
SCHEMA = ("--schema", "c STRING, d STRING, x DOUBLE, g DOUBLE, n INT")


def test_a_saved_model_is_compiled_stage_by_stage_written_and_scored(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    model = str(FIXTURES / "categories" / "model")
    assert run_command(["models", "compile", model, *SCHEMA]) == 0
    out = capsys.readouterr().out
    assert "saved by Spark 4.1" in out
    assert "\n1\tStringIndexerModel\tStringIndexer_" in out
    assert out.count("\tcompiled\n") == 10
    assert "nothing was written" in out
    assert not list(tmp_path.iterdir())
    assert run_command(["models", "compile", model, *SCHEMA, "--into", "made"]) == 0
    assert "not certified" in capsys.readouterr().out
    assert is_uncertified("made")
    assert run_command(["score", "made", "--row", '{"c": "a", "d": "x", "x": 0.5, "g": null, "n": 3}']) == 0
    assert set(json.loads(capsys.readouterr().out)) >= {"prediction", "probability", "said"}
    assert (
        run_command(["models", "compile", model, *SCHEMA, "--into", "made"]) == 0
    )  # once more, into the same


def test_a_stage_that_only_spark_can_score_is_named_with_exit_code_1(tmp_path: Path, capsys) -> None:
    model = shutil.copytree(FIXTURES / "clusters" / "model", tmp_path / "model")
    metadata = next(model.glob("stages/1_*/metadata/part-*"))
    metadata.write_text(metadata.read_text("utf-8").replace("KMeansModel", "OwnModel"), "utf-8")
    words = ["models", "compile", str(model), "--schema", "x double, n int", "--into", str(tmp_path / "made")]
    assert run_command(words) == 1
    assert "\tscored by Spark: sparkops does not compile this kind of stage" in capsys.readouterr().out
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["./gone"], "does not exist"),
        (["."], "No sparkops project"),
        (["./empty"], "contains no model"),
        (["./model"], "Give them, as in --schema"),
        (["./model", "--schema", "x"], "`x` is not a column"),
        (["./model", "--into", "full"], "is not empty"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(words, message, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "file").touch()
    shutil.copytree(FIXTURES / "clusters" / "model", tmp_path / "model")
    assert run_command(["models", "compile", *words]) == 2
    assert message in capsys.readouterr().err


def test_certify_needs_a_scorer(tmp_path: Path, capsys) -> None:
    assert run_command(["models", "certify", str(FIXTURES / "clusters" / "model")]) == 1
    assert "models compile" in capsys.readouterr().err
