"""`sparkops models compile --mlflow` and `--register`, on models that Spark saved without sparkops; no Spark."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.without import run

from sparkops.artifact.saved_spark_model import read_spark_model
from sparkops.cli.main import run_command
from sparkops.cli.serve import is_uncertified
from sparkops.compiler import compile_model
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring import Scorer
from sparkops.serving.load_service import load_service

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore:::alembic")

FIXTURES = Path(__file__).parents[1] / "saved_models" / "spark-4.1"
COLUMNS = "c string, d string, x double, g double, n int"
SCHEMA = ("--schema", COLUMNS)
ROW = {"c": "a", "d": "x", "x": 0.5, "g": 1.5, "n": 3}
PREDICT = """
import json, mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
frame = pandas.DataFrame([json.loads(sys.argv[2])]).astype({"c": object, "d": object, "g": float})
print(json.dumps([model.predict(frame).to_dict("list"), model.input_example.to_dict("list")]))
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(shutil.copytree(FIXTURES / "categories" / "model", tmp_path / "model"))


@pytest.fixture
def example(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "rows.jsonl").write_text(
        json.dumps({**ROW, "g": None}) + "\n" + json.dumps(ROW) + "\n", "utf-8"
    )
    return "--example", str(tmp_path / "rows.jsonl")


@pytest.fixture
def registry(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give MLflow's variables an empty registry, outside of any project; return its URI."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.chdir(tmp_path)
    return uri


def answer_as_spark(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the compiled model itself, with some columns changed, stand for the Spark of an interpreter."""

    def answer(
        saved: Path, request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[Any]]:
        scorer = Scorer(compile_model(saved, read_spark_model(saved, schema=COLUMNS).fields), raw=True)
        answers = [scorer.answer(row) for row in rows]
        return "4.9", [answer | changes if isinstance(answer, dict) else answer for answer in answers]

    monkeypatch.setattr(
        "sparkops.artifact.spark_reference.build_interpreter_reference", lambda python: answer
    )


def test_a_complete_mlflow_model_is_written_that_mlflow_scores_without_sparkops_and_spark(
    model, example, tmp_path, capsys
) -> None:
    target = str(tmp_path / "out" / "mlflow")
    assert run_command(["models", "compile", model, *SCHEMA, *example, "--mlflow", target]) == 0
    assert f"MLflow   model written to {target}" in capsys.readouterr().out
    assert is_uncertified(target)
    predicted, shown = json.loads(
        run(PREDICT, target, json.dumps(ROW), without=("sparkops", "pyspark", "py4j")).splitlines()[-1]
    )
    assert {name: cells[0] for name, cells in shown.items()} == ROW
    assert run_command(["score", target, "--row", json.dumps(ROW)]) == 0
    assert json.loads(capsys.readouterr().out) == {name: cells[0] for name, cells in predicted.items()}
    assert load_service(target).scorer.score(ROW)["prediction"] == predicted["prediction"][0]
    text = (tmp_path / "out" / "mlflow" / "requirements.txt").read_text("utf-8")
    assert sorted(line.partition("=")[0].rstrip(">") for line in text.split()) == ["mlflow", "numpy"]
    assert not list((tmp_path / "out").glob(".*"))


def test_its_signature_flavors_and_origin_are_those_of_the_saved_model(model, example, tmp_path) -> None:
    from mlflow.models import Model

    assert run_command(["models", "compile", model, *SCHEMA, "--mlflow", str(tmp_path / "out")]) == 0
    written = Model.load(str(tmp_path / "out"))
    assert {column.name: str(column.type) for column in written.signature.inputs.inputs} == {
        "c": "DataType.string", "d": "DataType.string", "x": "DataType.double", "g": "DataType.double", "n": "DataType.long",
    }  # fmt: skip
    assert written.flavors["spark"]["pyspark_version"].startswith("4.1")
    assert written.saved_input_example_info is None
    assert written.metadata["source"] == {
        "folder": model,
        "sha256": read_spark_model(FIXTURES / "categories" / "model", schema=COLUMNS).hash_files(),
        "columns": "--schema",
    }
    saved = (FIXTURES / "categories" / "model" / "metadata").glob("part-*")
    assert (next((tmp_path / "out" / "sparkml" / "metadata").glob("part-*"))).read_bytes() == next(
        saved
    ).read_bytes()


def test_a_folder_that_mlflow_saved_keeps_its_metadata_and_its_input_example(model, tmp_path) -> None:
    from mlflow.models import Model

    folder = tmp_path / "logged"
    shutil.copytree(model, folder / "sparkml")
    inputs = [{"name": name, "type": "string"} for name in ("c", "d")]
    inputs += [{"name": name, "type": "double"} for name in ("x", "g")] + [{"name": "n", "type": "integer"}]
    (folder / "rows.json").write_text(
        json.dumps({"columns": list(ROW), "data": [[None] * 5, list(ROW.values())]})
    )
    logged = {
        "flavors": {"spark": {"model_data": "sparkml"}},
        "signature": {"inputs": json.dumps(inputs)},
        "saved_input_example_info": {"artifact_path": "rows.json"},
        "metadata": {"team": "arrivals"},
    }
    (folder / "MLmodel").write_text(json.dumps(logged), "utf-8")
    assert run_command(["models", "compile", str(folder), "--mlflow", str(tmp_path / "out")]) == 0
    written = Model.load(str(tmp_path / "out"))
    assert written.metadata["team"] == "arrivals"
    assert written.metadata["source"]["columns"] == "MLflow's signature"
    assert json.loads((tmp_path / "out" / "input_example.json").read_text("utf-8"))["data"] == [
        [*ROW.values()]
    ]


def test_a_single_stage_is_wrapped_in_a_pipeline(tmp_path) -> None:
    stage = next((FIXTURES / "categories" / "model" / "stages").glob("*StandardScaler*"))
    words = ["models", "compile", str(stage), "--mlflow", str(tmp_path / "out"), "--schema"]
    assert run_command([*words, "x double"]) == 1, "the stage reads another column"
    assert run_command([*words, "numbers VECTOR(3)"]) == 0
    pipeline = SavedStage.read(tmp_path / "out" / "sparkml")
    assert pipeline.metadata["class"] == "org.apache.spark.ml.PipelineModel"
    (inner,) = pipeline.read_inner_stages()
    assert inner.uid == SavedStage.read(stage).uid


def test_an_existing_folder_is_refused_and_only_a_model_is_overwritten(model, tmp_path, capsys) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    (tmp_path / "file").touch()
    target = tmp_path / "out"
    words = ["models", "compile", model, *SCHEMA, "--mlflow"]
    assert run_command([*words, str(target)]) == 0
    (target / "old").touch()
    for folder, options, message in (
        ("out", (), "holds a model already"),
        ("other", ("--overwrite",), "holds no model of MLflow"),
        ("file", ("--overwrite",), "is a file"),
    ):
        assert run_command([*words, str(tmp_path / folder), *options]) == 2
        assert message in capsys.readouterr().err
    assert (target / "old").exists()
    assert run_command([*words, str(target), "--overwrite"]) == 0
    assert (target / "MLmodel").is_file()
    assert not (target / "old").exists()
    assert run_command([*words[:-1], "--overwrite"]) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no row"),
        ("{", "is not JSON"),
        ('{"c": "a"}', "Row 1 of --example: Fields"),
        ('{"c": "a", "d": "x", "x": "y", "g": 1.0, "n": 1}', "Row 1 of --example: Field `x`"),
    ],
)
def test_an_example_that_the_model_does_not_take_is_refused(text, message, model, tmp_path, capsys) -> None:
    (tmp_path / "rows").write_text(text, "utf-8")
    words = ["models", "compile", model, *SCHEMA, "--example", str(tmp_path / "rows")]
    assert run_command([*words, "--mlflow", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_is_not_compiled_is_not_written_and_json_has_the_reasons(model, tmp_path, capsys) -> None:
    metadata = next(Path(model).glob("stages/00_*/metadata/part-*"))
    metadata.write_text(metadata.read_text("utf-8").replace("StringIndexerModel", "OwnModel"), "utf-8")
    words = ["models", "compile", model, *SCHEMA, "--mlflow", str(tmp_path / "out"), "--json"]
    assert run_command(words) == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["compiled"], result["mlflow"], result["version"]) == (False, None, None)
    assert result["stages"][0]["reason"] == "sparkops does not compile this kind of stage"
    assert not (tmp_path / "out").exists()


def test_a_certificate_is_written_with_both_folders_if_spark_agrees(
    model, example, tmp_path, monkeypatch, capsys
) -> None:
    answer_as_spark(monkeypatch)
    into, target = tmp_path / "into", tmp_path / "out"
    words = ["models", "compile", model, *SCHEMA, *example, "--certify"]
    assert run_command([*words, "--into", str(into), "--mlflow", str(target)]) == 0
    assert "equal to Spark's" in capsys.readouterr().out
    first = json.loads((target / "scorer" / "certificate.jsonl").read_text("utf-8").splitlines()[0])
    assert first["row"] == {**ROW, "g": None}
    assert (into / "certificate.jsonl").read_text("utf-8").splitlines() == (
        target / "scorer" / "certificate.jsonl"
    ).read_text("utf-8").splitlines()
    assert not is_uncertified(str(target))


def test_certify_completes_a_folder_that_was_written_without_a_certificate(
    model, tmp_path, monkeypatch, capsys
) -> None:
    target = tmp_path / "out"
    assert run_command(["models", "compile", model, *SCHEMA, "--mlflow", str(target)]) == 0
    answer_as_spark(monkeypatch)
    words = ["models", "certify", str(target), "--python", "/bin/sh"]
    assert run_command(words) == 0
    assert "Scorer   certified: " in capsys.readouterr().out
    facts = json.loads((target / "sparkops.json").read_text("utf-8"))
    lines = (target / "scorer" / "certificate.jsonl").read_text("utf-8").splitlines()
    assert facts["parity"] == len(lines) > 0
    assert run_command(words) == 0
    assert "certified: " not in capsys.readouterr().out


def test_where_spark_answers_otherwise_nothing_is_written(model, tmp_path, monkeypatch, capsys) -> None:
    answer_as_spark(monkeypatch, prediction=7.0)
    words = ["models", "compile", model, *SCHEMA, "--certify", "--mlflow", str(tmp_path / "out")]
    assert run_command(words) == 1
    assert "the compiled scorer and Spark 4.9 differ on" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_registered_model_is_shown_served_promoted_and_rolled_back(
    model, example, registry, tmp_path, monkeypatch, capsys
) -> None:
    answer_as_spark(monkeypatch)
    words = ["models", "compile", model, *SCHEMA, *example, "--register", "flights"]
    assert run_command([*words, "--mlflow", "out"]) == 0
    assert "Version  flights/1, @champion, compiled" in capsys.readouterr().out
    assert (tmp_path / "out" / "MLmodel").is_file()
    assert run_command([*words, "--json"]) == 0, "the same files again"
    version = json.loads(capsys.readouterr().out)["version"]
    assert (version["version"], version["aliases"], version["run_id"]) == (1, ["champion"], "")
    assert version["source"]["folder"] == model
    service = load_service("flights", tracking_uri=registry)
    assert (service.version, service.scorer.score(ROW)["prediction"]) == ("1", 0.0)

    marker = next(Path(model).glob("metadata/part-*"))
    marker.write_text(marker.read_text("utf-8").replace('"timestamp":', '"timestamp": '), "utf-8")
    assert run_command(words) == 0
    assert "Version  flights/2, @challenger" in capsys.readouterr().out
    assert run_command(["models", "promote", "flights/2"]) == 0
    assert run_command(["models", "rollback", "flights"]) == 0
    assert "flights@champion is version 1 again; it was 2." in capsys.readouterr().out
    assert run_command(["models", "show", "flights"]) == 0
    out = capsys.readouterr().out
    assert f"Source   {model}, files " in out
    assert "Scorer   compiled; " in out
    assert run_command(["score", "flights/2", "--row", json.dumps(ROW)]) == 0


def test_a_model_that_is_not_compiled_is_registered_as_scored_by_spark(
    model, registry, monkeypatch, capsys
) -> None:
    from mlflow.models import Model

    from sparkops.registry.mlflow_store import read_environment_settings
    from sparkops.registry.registry import Registry

    answer_as_spark(monkeypatch, prediction=7.0)
    words = ["models", "compile", model, *SCHEMA, "--register", "flights"]
    assert run_command([*words, "--mlflow", "out"]) == 1, "a folder was asked for that cannot be written"
    assert "Nothing was written" in capsys.readouterr().out
    assert run_command(words) == 0
    assert "Version  flights/1, @champion, scored by Spark" in capsys.readouterr().out
    settings = read_environment_settings()
    assert settings is not None
    folder = Registry(settings).fetch_folder("flights")
    flavors = Model.load(str(folder)).flavors
    assert flavors["python_function"]["loader_module"] == "mlflow.spark"
    assert "pyspark==4.1" in (folder / "requirements.txt").read_text("utf-8")
    assert run_command(["models", "show", "flights"]) == 0
    assert "differ on" in capsys.readouterr().out


def test_a_name_or_a_registry_that_cannot_be_used_is_reported_before_any_work(
    model, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    for name, message in (("a/b", "cannot name a model"), (" ", "cannot name"), ("m", "MLFLOW_TRACKING_URI")):
        assert run_command(["models", "compile", model, *SCHEMA, "--register", name]) == 2
        assert message in capsys.readouterr().err
