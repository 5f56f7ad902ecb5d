"""The outputs of a compiled pipeline: what Spark adds after its predictors, and a label of a free name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from compiler.test_compile import FIELDS, LOGISTIC, indexer, pipeline, stage

from sparkops.compiler import compile_model, compile_stages
from sparkops.errors import NotCompiled
from sparkops.scoring import Description, Field, Scorer


def extended(
    folder: Path, *more: tuple[str, dict[str, Any]], fields: Sequence[Field] = FIELDS
) -> Description:
    """Compile the pipeline of `test_compile` with further stages after its predictor."""
    pipeline(folder)
    stages = folder / "stages"
    uids = ["i", "l", "v", "p"]
    for number, (class_name, params) in enumerate(more, 5):
        uids.append(stage(stages / f"{number}_s{number}", class_name, params, uid=f"s{number}"))
    next((folder / "metadata").iterdir()).unlink()
    (folder / "metadata").rmdir()
    stage(folder, "PipelineModel", {"stageUids": uids})
    return compile_model(folder, fields)


def sql(statement: str) -> tuple[str, dict[str, Any]]:
    return "SQLTransformer", {"statement": statement}


def names(description: Description) -> list[str]:
    return [output.name for output in description.outputs if output.role != "rawPrediction"]


def test_columns_after_the_predictor_are_outputs(tmp_path: Path) -> None:
    description = extended(
        tmp_path,
        sql("SELECT *, prediction * 2 AS twice, upper(c) AS letter FROM __THIS__"),
        ("Binarizer", {"inputCol": "twice", "outputCol": "high", "threshold": 1.5}),
    )
    assert names(description) == ["prediction", "probability", "twice", "letter", "high", "label"]
    answer = Scorer(description).score({"c": "b", "x": 0.25})
    assert (answer["twice"], answer["letter"], answer["high"], answer["label"]) == (2.0, "B", 1.0, "late")


def test_a_renamed_prediction_keeps_its_role_and_its_label(tmp_path: Path) -> None:
    description = extended(tmp_path, sql("SELECT prediction AS late_arrival, c FROM __THIS__"))
    assert [(output.name, output.role) for output in description.outputs] == [
        ("late_arrival", "prediction"),
        ("label", "label"),
    ]
    assert Scorer(description).score({"c": "b", "x": 0.25}) == {"late_arrival": 1.0, "label": "late"}


def test_a_replaced_prediction_is_a_column_without_a_label(tmp_path: Path) -> None:
    description = extended(tmp_path, sql("SELECT prediction + 1 AS prediction FROM __THIS__"))
    assert [(output.name, output.role) for output in description.outputs] == [("prediction", "column")]
    assert Scorer(description).score({"c": "b", "x": 0.25}) == {"prediction": 2.0}


def test_the_derived_label_takes_a_name_that_no_column_has(tmp_path: Path) -> None:
    description = extended(tmp_path / "a", sql("SELECT prediction, 'no' AS label FROM __THIS__"))
    assert names(description) == ["prediction", "label", "predicted_label"]
    fields = (*FIELDS[:2], Field("label", "string"), Field("Predicted_Label", "string"))
    description = extended(tmp_path / "b", fields=fields)
    assert names(description)[-1] == "predicted_label_"
    assert names(extended(tmp_path / "c"))[-1] == "label"


def test_a_label_that_rows_to_score_do_not_have_is_a_taken_name_too(tmp_path: Path) -> None:
    folder = pipeline(tmp_path)
    (folder / "stages" / "1_l").rename(tmp_path / "old")
    indexer(folder / "stages" / "1_l", "label", "target", ["ontime", "late"], "l")
    file = next((folder / "stages" / "4_p" / "metadata").iterdir())
    file.write_text(file.read_text().replace('"labelCol": "label"', '"labelCol": "target"'))
    assert LOGISTIC["labelCol"] == "label"
    assert names(compile_model(folder, FIELDS[:2]))[-1] == "predicted_label"


def test_an_output_with_more_digits_than_an_answer_can_contain_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(NotCompiled, match=r"`d` is decimal\(.*CAST it to DOUBLE"):
        extended(tmp_path, sql("SELECT *, CAST(1.5 AS DECIMAL(20, 2)) AS d FROM __THIS__"))


def test_a_label_that_drops_rows_is_a_field_with_a_note(tmp_path: Path) -> None:
    folder = pipeline(tmp_path)
    file = next((folder / "stages" / "1_l" / "metadata").iterdir())
    file.write_text(file.read_text().replace('"handleInvalid": "error"', '"handleInvalid": "skip"'))
    compilation = compile_stages(folder, FIELDS)
    description = compilation.require_description()
    assert [field.name for field in description.fields] == ["c", "x", "late"]
    (note,) = compilation.notes
    assert "drops rows by `late`, so rows to score need it, as in Spark" in note
    scorer = Scorer(description)
    assert scorer.answer({"c": "b", "x": 0.25, "late": "never"}) == "dropped"
    assert scorer.answer({"c": "b", "x": 0.25, "late": "late"})["label"] == "late"
    with pytest.raises(NotCompiled, match="Spark refuses them all"):
        compile_model(folder, FIELDS[:2])
