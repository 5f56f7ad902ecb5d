"""Spark models that others saved: their input columns, read without MLflow, Spark or a JVM."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sparkops.artifact.saved_spark_model import read_spark_model
from sparkops.compiler.schema import fields_from_ddl, fields_from_example
from sparkops.errors import InputError, ModelError
from sparkops.scoring import Field

SAVED = Path(__file__).parents[1] / "saved_models" / "spark-4.1" / "clusters" / "model"
FLAVORS = {"spark": {"model_data": "sparkml"}, "python_function": {"loader_module": "mlflow.spark"}}


@pytest.fixture
def mlflow_folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder as `mlflow.spark.log_model` does: `mlflow_folder(signature=[...], example=...)`."""

    def make(*, signature: Any = None, example: Any = None, flavors: Any = FLAVORS) -> Path:
        model: dict[str, Any] = {"flavors": flavors}
        if signature is not None:
            model["signature"] = {"inputs": json.dumps(signature), "outputs": None, "params": None}
        if example is not None:
            model["saved_input_example_info"] = {"artifact_path": "input_example.json", "type": "dataframe"}
            (tmp_path / "input_example.json").write_text(json.dumps(example), "utf-8")
        (tmp_path / "MLmodel").write_text(yaml.safe_dump(model), "utf-8")
        shutil.copytree(SAVED, tmp_path / "sparkml", dirs_exist_ok=True)
        return tmp_path

    return make


def column(name: str, type_: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, "required": True, **more}


def test_columns_come_from_mlflows_signature_in_every_type_and_are_nullable(mlflow_folder) -> None:
    types = [
        "long",
        "integer",
        "double",
        "float",
        "string",
        "boolean",
        "datetime",
        "sparkml vector",
        "binary",
    ]
    signature = [column(f"c{index}", type_) for index, type_ in enumerate(types)]
    signature.append(column("a", "array", items={"type": "string"}))
    model = read_spark_model(mlflow_folder(signature=signature))
    assert model.columns_source == "MLflow's signature"
    assert [field.type for field in model.fields] == [
        "long", "integer", "double", "float", "string", "boolean", "timestamp", "vector", "binary", "array<string>",
    ]  # fmt: skip
    assert all(field.nullable for field in model.fields)
    assert model.spark_version.startswith("4.1")
    assert model.folder.name == "sparkml"


def test_the_input_example_completes_the_types_of_the_signature(mlflow_folder) -> None:
    example = {"columns": ["n", "v"], "data": [[None, [1.0, 2.0]], [4, [0.0, 1.0]]]}
    signature = [column("n", "any"), column("v", "sparkml vector")]
    fields = read_spark_model(mlflow_folder(signature=signature, example=example)).fields
    assert fields == (Field("n", "long"), Field("v", "vector", size=2))


@pytest.mark.parametrize(
    "example",
    [{"columns": ["x", "n"], "data": [[0.5, 3]]}, {"x": 0.5, "n": 3}, [{"x": 0.5, "n": 3}]],
    ids=["split", "object", "records"],
)
def test_without_a_signature_the_columns_come_from_the_input_example(mlflow_folder, example) -> None:
    model = read_spark_model(mlflow_folder(example=example))
    assert (model.fields, model.columns_source) == (
        (Field("x", "double"), Field("n", "long")),
        "the input example",
    )


@pytest.mark.parametrize(
    "signature",
    [None, [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}], [{"type": "long"}]],
)
def test_unknown_columns_are_an_error_that_says_what_to_do(mlflow_folder, signature) -> None:
    with pytest.raises(InputError) as error:
        read_spark_model(mlflow_folder(signature=signature))
    for part in ("neither a signature of named columns nor an input example", "--schema", "`x`, `n`"):
        assert part in str(error.value)


def test_the_hint_names_what_a_statement_reads_and_not_what_it_makes(tmp_path) -> None:
    statement = "WITH a AS (SELECT *, x * 2 AS y FROM __THIS__) SELECT *, y + n AS z, upper(s) AS word FROM a"
    metadata = {
        "class": "org.apache.spark.ml.feature.SQLTransformer", "timestamp": 1, "sparkVersion": "4.1.4", "uid": "s1",
        "paramMap": {"statement": statement}, "defaultParamMap": {},
    }  # fmt: skip
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "part-00000").write_text(json.dumps(metadata), "utf-8")
    with pytest.raises(InputError, match=r"its stages read: `x`, `n`, `s`\)"):
        read_spark_model(tmp_path)


def test_a_folder_without_a_signature_needs_a_schema(mlflow_folder) -> None:
    with pytest.raises(InputError, match="has no signature"):
        read_spark_model(SAVED)
    model = read_spark_model(SAVED, schema="x double, n INT NOT NULL")
    assert model.fields == (Field("x", "double"), Field("n", "integer", nullable=False))


@pytest.mark.parametrize(
    ("flavors", "message"),
    [
        ({"sklearn": {}}, r"no `spark` flavor \(it has: sklearn\)"),
        ({"spark": {"model_data": "../elsewhere"}}, "points outside its folder"),
        ({"spark": {"model_data": "gone"}}, "is not a saved Spark ML model"),
        (None, "names no flavors"),
    ],
)
def test_a_folder_without_a_spark_model_is_refused(mlflow_folder, flavors, message) -> None:
    with pytest.raises(ModelError, match=message):
        read_spark_model(mlflow_folder(flavors=flavors, signature=[column("x", "double")]))


def test_a_damaged_mlmodel_or_signature_is_an_error(mlflow_folder) -> None:
    folder = mlflow_folder(signature="x")
    with pytest.raises(ModelError, match=r"signature in .* can't be read"):
        read_spark_model(folder)
    (folder / "MLmodel").write_text("a: [", "utf-8")
    with pytest.raises(ModelError, match="can't be read"):
        read_spark_model(folder)


def test_columns_are_read_from_ddl() -> None:
    text = "`a b` STRING, n: bigint, v vector(3), w VECTOR, d decimal(10, 2), l array<int>"
    assert fields_from_ddl(text) == (
        Field("a b", "string"),
        Field("n", "long"),
        Field("v", "vector", size=3),
        Field("w", "vector"),
        Field("d", "decimal(10,2)"),
        Field("l", "array<integer>"),
    )
    for wrong, message in (
        ("a", "is not a column"),
        ("a int b", "is of type int b"),
        ("", "is not a column"),
    ):
        with pytest.raises(InputError, match=message):
            fields_from_ddl(wrong)


def test_rows_of_json_show_their_types() -> None:
    rows = [
        {"a": None, "b": True, "c": 1, "d": 1.5, "e": "x", "f": [1, 2.0], "g": ["x", None], "h": None},
        {"a": 2},
    ]
    types = [field.type for field in fields_from_example(rows)]
    assert types == ["long", "boolean", "long", "double", "string", "vector", "array<string>", "any"]
