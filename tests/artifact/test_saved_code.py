"""A saved Spark model that contains code is not given to Spark unasked."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sparkops.artifact.saved_code import find_code, require_no_code
from sparkops.cli.main import run_command
from sparkops.errors import UntrustedModel

MODELS = Path(__file__).parent.parent / "saved_models"
SPARK = {
    "class": "org.apache.spark.ml.feature.SQLTransformer",
    "uid": "s",
    "paramMap": {},
    "defaultParamMap": {},
}


def write(folder: Path, metadata: dict[str, Any], name: str = "part-00000") -> Path:
    file = folder / "metadata" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(metadata).encode()
    file.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return folder


def sql(statement: str) -> dict[str, Any]:
    return SPARK | {"paramMap": {"statement": statement}}


@pytest.mark.parametrize(
    ("metadata", "name", "code"),
    [
        (SPARK | {"class": "evil.Stage"}, "part-00000", "the class evil.Stage"),
        (SPARK | {"class": "evil.StandardScalerModel"}, "part-00000", "the class evil.StandardScalerModel"),
        (SPARK | {"class": "org.apache.spark.mlevil.Stage"}, "part-00000", "the class org.apache.spark.mlevil.Stage"),
        (SPARK | {"class": "pyspark.cloudpickle.x"}, "part-00000", "the class pyspark.cloudpickle.x"),
        (SPARK | {"class": ["evil"]}, "part-00000", "the class ['evil']"),
        (SPARK | {"class": "evil.Stage"}, "data", "the class evil.Stage"),
        (SPARK, "part-00000.gz", "the file part-00000.gz, which is not metadata in JSON"),
        (SPARK | {"uid": "../../elsewhere"}, "part-00000", "a stage in another folder, ../../elsewhere"),
        (sql("SELECT reflect('java.lang.System', 'load', 'evil.so') FROM __THIS__"), "part-00000", "SQL with REFLECT"),
        (sql("SELECT TRY_REFLECT ('a', 'b') FROM __THIS__"), "part-00000", "SQL with TRY_REFLECT"),
        (sql("SELECT `java_method`('a', 'b') FROM __THIS__"), "part-00000", "SQL with JAVA_METHOD"),
        (sql("SELECT TRANSFORM (x) USING/**/'sh -c evil' FROM __THIS__"), "part-00000", "SQL with USING"),
    ],
)  # fmt: skip
def test_code_is_named(metadata: dict[str, Any], name: str, code: str, tmp_path: Path) -> None:
    write(tmp_path / "sparkml", SPARK | {"class": "org.apache.spark.ml.PipelineModel"})
    write(tmp_path / "sparkml" / "stages" / "0_x" / "models", metadata, name)
    with pytest.raises(UntrustedModel) as error:
        require_no_code(tmp_path / "sparkml")
    assert code in str(error.value)
    assert "pass --trust" in str(error.value)


def test_models_of_sparks_own_stages_contain_no_code() -> None:
    folders = [path.parent for path in MODELS.rglob("metadata") if path.is_dir()]
    assert len(folders) > 20
    assert [code for folder in folders for code in find_code(folder) if "SQL" not in code] == []


@pytest.fixture
def foreign(tmp_path: Path) -> tuple[Path, str]:
    """Return a saved model of which one stage has a class of somebody else with the name of one of Spark's, and its schema."""
    saved = MODELS / "spark-4.1" / "categories"
    folder = tmp_path / "model"
    shutil.copytree(saved / "model", folder)
    stage = min((folder / "stages").iterdir())
    file = next((stage / "metadata").glob("part-*"))
    metadata = json.loads(file.read_text())
    file.write_text(json.dumps(metadata | {"class": f"evil.{metadata['class'].rpartition('.')[2]}"}))
    fields = json.loads((saved / "fields.json").read_text())["fields"]
    return folder, ", ".join(f"{field['name']} {field['type']}" for field in fields)


def test_compile_and_certify_load_no_class_of_others(
    foreign: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, schema = foreign
    command = ["models", "compile", str(folder), "--schema", schema, "--into", str(tmp_path / "scorer")]
    assert run_command([*command, "--certify"]) == 2
    assert "that runs code which no registry vouches for: the class evil." in capsys.readouterr().err
    assert run_command(command) == 0
    capsys.readouterr()
    assert run_command(["models", "certify", str(tmp_path / "scorer"), "--rows", "1"]) == 2
    assert "the class evil." in capsys.readouterr().err
