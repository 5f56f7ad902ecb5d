"""Vectors without a length in the signature get it from the stages that were fitted with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from compiler.test_compile import DENSE, LOGISTIC, stage

from sparkops.artifact.saved_spark_model import read_spark_model
from sparkops.compiler import compile_model
from sparkops.errors import NotCompiled
from sparkops.scoring import Field, Scorer

V, W, X = Field("v", "vector"), Field("w", "vector"), Field("x", "double")


def model(folder: Path, slots: int, *stages: tuple[str, dict[str, Any]]) -> Path:
    """Write a pipeline of these stages and a logistic regression of so many features."""
    matrix = {"type": 1, "numRows": 1, "numCols": slots, "colPtrs": None, "rowIndices": None}
    matrix |= {"values": [1.0] * slots, "isTransposed": True}
    row = {
        "numClasses": 2,
        "interceptVector": {**DENSE, "values": [0.5]},
        "coefficientMatrix": matrix,
        "isMultinomial": False,
    }
    uids = [
        stage(
            folder / "stages" / f"{number}_s{number}",
            name,
            {"handleInvalid": "keep", **params},
            uid=f"s{number}",
        )
        for number, (name, params) in enumerate(stages)
    ]
    uids.append(stage(folder / "stages" / "9_p", "LogisticRegressionModel", {}, [row], LOGISTIC, uid="p"))
    stage(folder, "PipelineModel", {"stageUids": uids})
    return folder


def assemble(*columns: str, target: str = "features") -> tuple[str, dict[str, Any]]:
    return "VectorAssembler", {"inputCols": list(columns), "outputCol": target}


@pytest.mark.parametrize(
    ("slots", "stages", "size"),
    [
        (5, [("Normalizer", {"inputCol": "v", "outputCol": "features", "p": 2.0})], 5),
        (1, [("Normalizer", {"inputCol": "v", "outputCol": "features", "p": 2.0})], 1),
        (7, [assemble("v", "x")], 6),
        (11, [assemble("v", "x", "v")], 5),
        (9, [("PolynomialExpansion", {"inputCol": "v", "outputCol": "features", "degree": 2})], 3),
        (2000, [assemble("v", "x")], 1999),
    ],
)
def test_a_size_follows_from_the_stages(tmp_path: Path, slots: int, stages: list[Any], size: int) -> None:
    description = compile_model(model(tmp_path, slots, *stages), [V, X])
    assert [(field.name, field.size) for field in description.fields if field.type == "vector"] == [
        ("v", size)
    ]


def test_sizes_that_several_fields_share_are_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(NotCompiled, match=r"the size of the vectors of `v` is unknown: give it.*VECTOR\(5\)"):
        compile_model(model(tmp_path, 5, assemble("v", "w")), [V, W])


def test_one_size_leads_to_the_next(tmp_path: Path) -> None:
    hint = (
        "ElementwiseProduct",
        {"inputCol": "w", "outputCol": "ww", "scalingVec": {**DENSE, "values": [1.0, 2.0]}},
    )
    description = compile_model(model(tmp_path, 5, hint, assemble("v", "ww")), [V, W])
    assert [field.size for field in description.fields] == [3, 2]


@pytest.mark.filterwarnings("ignore")
def test_a_signature_that_mlflow_writes_is_read(tmp_path: Path) -> None:
    from mlflow.models import Model, ModelSignature
    from mlflow.types.schema import AnyType, Array, ColSpec, DataType, Schema, SparkMLVector

    model(tmp_path / "sparkml", 7, assemble("v", "x"))
    inputs = Schema(
        [
            ColSpec(SparkMLVector(), "v"),
            ColSpec("double", "x", required=False),
            ColSpec(Array(DataType.string), "words"),
            ColSpec(AnyType(), "other"),
        ]
    )
    written = Model(signature=ModelSignature(inputs=inputs))
    written.add_flavor("spark", model_data="sparkml", pyspark_version="4.1.4")
    written.save(str(tmp_path / "MLmodel"))
    assert json.loads(written.get_model_info().signature.to_dict()["inputs"])[0]["type"] == "sparkml_vector"
    read = read_spark_model(tmp_path)
    assert [(field.name, field.type) for field in read.fields] == [
        ("v", "vector"), ("x", "double"), ("words", "array<string>"), ("other", "any"),
    ]  # fmt: skip
    scorer = Scorer(compile_model(read.folder, read.fields))
    assert scorer.score({"v": [1.0] * 6, "x": 0.5})["prediction"] == 1.0
