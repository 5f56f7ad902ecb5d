"""A model is compiled from its saved files, without Spark and without a JVM."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from sparkops.compiler import compile_model, fields_from_mlflow, fields_from_spark
from sparkops.errors import ModelError, NotCompiled
from sparkops.scoring import Field, Scorer

FIELDS = (Field("c", "string"), Field("x", "double"), Field("late", "string"), Field("note", "string"))
DENSE = {"type": 1, "size": None, "indices": None}
LOGISTIC = {
    "labelCol": "label",
    "featuresCol": "features",
    "predictionCol": "prediction",
    "probabilityCol": "probability",
    "rawPredictionCol": "rawPrediction",
    "threshold": 0.5,
}


def stage(
    folder: Path,
    class_name: str,
    params: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] = (),
    defaults: Mapping[str, Any] | None = None,
    **extra: Any,
) -> str:
    """Write a stage as Spark does, and return its uid."""
    uid = extra.pop("uid", class_name + "_1")
    (folder / "metadata").mkdir(parents=True)
    metadata = {"class": f"org.apache.spark.ml.any.{class_name}", "uid": uid, "paramMap": params}
    metadata |= {"defaultParamMap": defaults or {}, **extra}
    (folder / "metadata" / "part-00000-x.txt").write_text(json.dumps(metadata))
    if rows:
        (folder / "data").mkdir()
        write_table(pa.Table.from_pylist(list(rows)), folder / "data" / "part-0.parquet")
    return str(uid)


def indexer(folder: Path, source: str, target: str, labels: Sequence[str], uid: str, **row: Any) -> str:
    params = {"inputCols": [source], "outputCols": [target]}
    rows = [row or {"labelsArray": [list(labels)]}]
    return stage(folder, "StringIndexerModel", params, rows, {"handleInvalid": "error"}, uid=uid)


def pipeline(folder: Path, *, middle: str = "") -> Path:
    """Write a pipeline: indexers of a feature and of the label, an assembler, logistic regression."""
    row = {
        "numClasses": 2,
        "interceptVector": {**DENSE, "values": [0.5]},
        "coefficientMatrix": {
            "type": 1,
            "numRows": 1,
            "numCols": 2,
            "colPtrs": None,
            "rowIndices": None,
            "values": [1.0, -2.0],
            "isTransposed": True,
        },
        "isMultinomial": False,
    }
    stages = folder / "stages"
    uids = [
        indexer(stages / "0_i", "c", "ci", ["a", "b"], "i"),
        indexer(stages / "1_l", "late", "label", ["ontime", "late"], "l"),
        stage(
            stages / "2_v",
            "VectorAssembler",
            {"inputCols": ["ci", "x"], "outputCol": "features"},
            defaults={"handleInvalid": "error"},
            uid="v",
        ),
        *([stage(stages / "3_m", middle, {"outputCol": "more"}, uid="m")] if middle else []),
        stage(stages / "4_p", "LogisticRegressionModel", {}, [row], LOGISTIC, uid="p"),
    ]
    stage(folder, "PipelineModel", {"stageUids": uids})
    return folder


def test_a_pipeline_is_compiled_with_defaults_and_without_its_label(tmp_path: Path) -> None:
    description = compile_model(pipeline(tmp_path), FIELDS)
    assert [field.name for field in description.fields] == ["c", "x"]
    assert description.ignored == ("late", "note")
    assert description.classes == ("ontime", "late")
    assert description.stages[-1] == "LogisticRegressionModel"
    answer = Scorer(description, raw=True).score({"c": "b", "x": 0.25})
    assert answer["rawPrediction"] == [-1.0, 1.0]
    assert (answer["prediction"], answer["label"]) == (1.0, "late")


def test_a_label_that_is_not_in_the_signature_is_skipped(tmp_path: Path) -> None:
    description = compile_model(pipeline(tmp_path), FIELDS[:2])
    assert description.classes == ("ontime", "late")
    assert description.ignored == ()


def test_every_stage_that_only_spark_scores_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotCompiled, match="Scored by Spark only: LDAModel `m`") as raised:
        compile_model(pipeline(tmp_path, middle="LDAModel"), FIELDS)
    assert raised.value.reasons == ("LDAModel `m`: sparkops does not compile this kind of stage",)


def test_a_missing_column_and_a_type_that_no_row_holds_are_reasons(tmp_path: Path) -> None:
    pipeline(tmp_path)
    with pytest.raises(
        NotCompiled, match="reads the column `x`, which neither the signature nor a stage provides"
    ):
        compile_model(tmp_path, FIELDS[:1])
    with pytest.raises(NotCompiled, match="it assembles `x`, which is timestamp"):
        compile_model(tmp_path, (FIELDS[0], Field("x", "timestamp")))


def test_a_size_that_does_not_fit_is_a_reason(tmp_path: Path) -> None:
    pipeline(tmp_path)
    metadata = next((tmp_path / "stages" / "2_v" / "metadata").iterdir())
    metadata.write_text(metadata.read_text().replace('["ci", "x"]', '["ci", "x", "x"]'))
    with pytest.raises(NotCompiled, match="has 3 slots, and 2 are needed"):
        compile_model(tmp_path, FIELDS)


def test_the_saved_form_of_spark_2_is_read(tmp_path: Path) -> None:
    params = {"inputCol": "c", "outputCol": "ci"}
    stage(tmp_path, "StringIndexerModel", params, [{"labels": ["a", "b"]}], {"handleInvalid": "keep"})
    scorer = Scorer(compile_model(tmp_path, FIELDS))
    assert [scorer.score({"c": c})["ci"] for c in ("b", "z", None)] == [1.0, 2.0, 2.0]


def test_one_stage_is_a_model(tmp_path: Path) -> None:
    params = {"inputCol": "x", "outputCol": "bucket", "splits": ["-Inf", 0.0, "Inf"], "handleInvalid": "keep"}
    stage(tmp_path, "Bucketizer", params)
    scorer = Scorer(compile_model(tmp_path, FIELDS))
    rows = [{"x": value} for value in (-1.0, -0.0, 0.0, 2.0, float("nan"), None)]
    assert [scorer.score(row)["bucket"] for row in rows] == [0.0, 0.0, 1.0, 1.0, 2.0, None]
    assert scorer.find_output("column").type == "double"  # type: ignore[union-attr]


@pytest.mark.parametrize("class_name", ["CrossValidatorModel", "TrainValidationSplitModel"])
def test_tuning_models_give_their_best_model(tmp_path: Path, class_name: str) -> None:
    stage(tmp_path, class_name, {})
    pipeline(tmp_path / "bestModel")
    assert compile_model(tmp_path, FIELDS).classes == ("ontime", "late")


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a saved Spark ML model"):
        compile_model(tmp_path, FIELDS)


def test_numbers_match_labels_only_as_java_writes_them(tmp_path: Path) -> None:
    labels = ["1.0", "2", "1.0E10", "1E-4", "1.0E-4", "-0.0", "Infinity", "0.10"]
    indexer(tmp_path, "x", "xi", labels, "i")
    scorer = Scorer(compile_model(tmp_path, FIELDS))
    answers = [scorer.answer({"x": x}) for x in (1.0, 2.0, 1e10, 1e-4, -0.0, 0.0, float("inf"), 0.1)]
    seen = [answer if isinstance(answer, str) else answer["xi"] for answer in answers]
    assert seen == [0.0, "refused", 2.0, 4.0, 5.0, "refused", 6.0, "refused"]


def test_signatures_of_spark_and_mlflow_give_the_same_fields() -> None:
    vector = {"type": "udt", "class": "org.apache.spark.ml.linalg.VectorUDT"}
    spark = {
        "fields": [
            {"name": "n", "type": "integer", "nullable": True},
            {"name": "v", "type": vector, "nullable": False},
            {"name": "d", "type": "decimal(10,2)", "nullable": True},
        ]
    }
    fields = fields_from_spark(spark)
    assert fields[:2] == (Field("n", "integer"), Field("v", "vector", nullable=False))
    assert fields[2].type == "decimal(10,2)"
    mlflow = [
        {"type": "integer", "name": "n", "required": False},
        {"type": "sparkml vector", "name": "v", "required": True},
    ]
    assert fields_from_mlflow(mlflow) == fields[:2]
