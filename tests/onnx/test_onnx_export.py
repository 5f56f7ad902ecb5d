"""Exported models answer as Spark did, or as the scorer does; what has no exact form in ONNX is named."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from scoring.example_models import flights, forest
from scoring.random_trees import MANY, one_hot_description
from scoring.stages.example_predictors import others, predictors
from scoring.stages.test_vector_stages import ODD, STORED
from scoring.stages.test_vector_stages import steps as vector_steps

from sparkops.artifact.random_rows import generate_rows
from sparkops.compiler import compile_stages, fields_from_spark
from sparkops.errors import InputError, ModelError, NotCompiled, NotExported, ParityBroken
from sparkops.onnx import build_feed, list_unsupported, read_answers, to_onnx
from sparkops.onnx.export import export
from sparkops.onnx.stages.registry import UNSUPPORTED
from sparkops.onnx.verification import OnnxScorer, score_cases, verify
from sparkops.scoring import (
    Description,
    Field,
    Output,
    Scorer,
    Step,
    compare_answers,
    dump_cases,
    edge_rows,
    save,
)
from sparkops.scoring.artifact.certificate import read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.protocol import Case

HOME = Path(__file__).parents[1] / "saved_models"
MODELS = sorted(HOME.glob("spark-*/*"))
MODELS_OF_TEXT = ("words", "counted")
# The graph of a BisectingKMeansModel does not score vectors whose squares overflow.
INFINITELY_FAR = (inf, 1e300)
ROW = {"carrier": "AA", "distance": 1, "temp": 2.0}


def description_of(folder: Path) -> Description:
    fields = fields_from_spark(json.loads((folder / "fields.json").read_text("utf-8")))
    return compile_stages(folder / "model", fields).require_description()


def cases_of(description: Description, sampled: list[dict[str, Any]], random_rows: int = 40) -> list[Case]:
    scorer = Scorer(description, raw=True)
    rows = edge_rows(description, sampled, limit=120)
    return score_cases(scorer, [*rows, *generate_rows(scorer, sampled, random_rows, seed=1)])


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_saved_model_answers_as_spark_did_or_its_unsupported_stages_are_named(folder: Path) -> None:
    description = description_of(folder)
    if folder.name in MODELS_OF_TEXT:
        with pytest.raises(NotExported) as raised:
            to_onnx(description)
        named = [step.stage for step in description.steps if step.op in UNSUPPORTED]
        assert named
        assert all(stage in str(raised.value) for stage in named)
        assert len(raised.value.reasons) == len(named)
        return
    certificate = read_cases((folder / "rows.jsonl").read_text("utf-8"))
    cases = [*certificate, *cases_of(description, [row for row, _ in certificate])]
    if folder.name == "grouped":
        cases = [case for case in cases if case[0]["x"] not in INFINITELY_FAR]
    verification = verify(description, to_onnx(description), cases)
    assert verification.rows == len(cases) > 60
    assert verification.unscored < verification.rows / 2


@pytest.mark.parametrize("name", [*predictors(3), *others()])
def test_each_predictor_answers_as_the_scorer_does(name: str) -> None:
    description = others().get(name) or predictors(3)[name]
    if name == "rules":
        assert list_unsupported(description)[0].startswith("rules: a list")
        return
    vector = description.fields[0].size or 0
    counts = [{"v": [float(index + slot) for slot in range(vector)]} for index in range(3)] if vector else []
    cases = cases_of(description, counts) + score_cases(Scorer(description, raw=True), counts)
    assert verify(description, to_onnx(description), cases).rows > 40


@pytest.mark.parametrize("step", vector_steps(), ids=lambda step: f"{step.op} {dict(step.params)}")
def test_each_step_of_vectors_answers_as_the_scorer_does(step: Step) -> None:
    type_ = "array<vector>" if step.op in ("projection_hash", "min_hash") else "vector"
    output = Output("o", type_, "o", "column")
    description = Description((Field("v", "vector", size=5),), (), (step,), (output,))
    draw = Random(1)
    rows = [{"v": [draw.choice(ODD) for _ in range(5)]} for _ in range(40)]
    verification = verify(
        description, to_onnx(description), score_cases(Scorer(description), [*rows, {"v": None}])
    )
    assert verification.unscored < verification.rows == 41


@pytest.mark.parametrize("stored", STORED)
def test_products_skip_zeros_as_spark_does(stored: str) -> None:
    params = {"sizes": [[3], [0], [0, 2, 0]], "stored": ["dense", "dense", stored]}
    step = Step("interact", "Interaction `s`", ("a", "b", "v"), ("o",), params)
    fields = (Field("a", "integer"), Field("b", "double"), Field("v", "vector", size=3))
    description = Description(fields, (), (step,), (Output("o", "vector", "o", "column"),))
    draw = Random(3)
    rows = [
        {"a": draw.randint(-1, 3), "b": draw.choice(ODD), "v": [draw.choice(ODD), draw.choice((0, 1)), 2.0]}
        for _ in range(60)
    ]
    assert verify(description, to_onnx(description), score_cases(Scorer(description), rows)).rows == len(rows)


@pytest.mark.parametrize("invalid", ["error", "keep", "skip"])
@pytest.mark.parametrize("impute", [True, False])
def test_null_nan_and_unseen_values_are_unscored_as_in_the_model(invalid: str, impute: bool) -> None:
    description = flights(invalid=invalid, impute=impute)
    cases = cases_of(description, [ROW])
    verification = verify(description, to_onnx(description), cases)
    assert verification.unscored == sum(isinstance(answer, str) for _, answer in cases)
    assert (verification.unscored > 0) is (invalid != "keep")


@pytest.mark.parametrize(("deep", "trees"), [(0, 3), (1, 1), (3, 4), (6, 30)])
def test_trees_split_at_the_last_digit_and_by_sets_of_categories(deep: int, trees: int) -> None:
    for seed in range(3):
        description = forest(deep=deep, trees=trees, seed=seed)
        rows = [{"a": 0.5, "b": 0.5, "c": c} for c in (0.0, 0.5, 1.5, -1.0, 3.0, 4.0, nan, inf, 1e10)]
        cases = cases_of(description, []) + score_cases(Scorer(description), rows)
        verification = verify(description, to_onnx(description), cases)
        assert (verification.rows, verification.unscored) == (
            len(cases),
            sum(isinstance(answer, str) for _, answer in cases),
        )


def test_trees_in_narrow_integer_arrays_answer_as_the_scorer_does() -> None:
    description = one_hot_description(scaled=True, keep=False, labels=MANY)
    assert description.steps[-1].arrays["feature"].dtype == np.int8
    cases = cases_of(description, [{"label": label, "x0": 0.5} for label in MANY])
    assert verify(description, to_onnx(description), cases).rows == len(cases)


def test_values_are_indexed_by_the_text_that_java_writes() -> None:
    for type_, labels, values in (
        ("double", ["-0.0", "0.1", "1.0E-4"], [0.0, -0.0, 1e-4, 0.1, nan, None, 0.1 + 1e-17, 5.0]),
        ("float", ["0.1", "3.4E8"], [0.1, 3.4e8, 0.2, None]),
        ("boolean", ["true", "false"], [False, True, None]),
        ("long", ["-9223372036854775808", "7"], [-(2**63), 7, 2**62, None]),
        (
            "string",
            ["é", "e\u0301", "", "a\0b"],
            ["e\u0301", "é", "a", "a\0b", "a\0", "", "\U0001f600", None],
        ),
    ):
        params = {"labels": labels, "invalid": "keep", "type": type_}
        step = Step("string_index", "StringIndexerModel `s`", ("x",), ("o",), params)
        description = Description((Field("x", type_),), (), (step,), (Output("o", "double", "o", "column"),))
        cases = score_cases(Scorer(description), [{"x": value} for value in values])
        assert verify(description, to_onnx(description), cases).rows == len(values)


def test_a_graph_is_in_double_precision_also_in_onnxruntime() -> None:
    from onnx import TensorProto

    # onnxruntime fuses a multiplication into a MatMul in single precision
    single, scaled = TensorProto.FLOAT, "MatMul"
    for description in (flights(), forest(), *predictors(3).values()):
        graph = to_onnx(description).graph
        assert not [tensor for tensor in graph.initializer if tensor.data_type == single]
        assert not [node for node in graph.node if node.op_type == scaled]


def test_inputs_and_outputs_have_names_shapes_and_docs() -> None:
    graph = to_onnx(flights(impute=False)).graph
    shapes = {
        graph_input.name: [d.dim_param or d.dim_value for d in graph_input.type.tensor_type.shape.dim]
        for graph_input in graph.input
    }
    assert shapes == {
        "carrier": ["N", 1],
        "distance": ["N", 1],
        "temp": ["N", 1],
        "carrier__null": ["N", 1],
        "distance__null": ["N", 1],
    }
    assert [graph_output.name for graph_output in graph.output] == [
        "scored",
        "prediction",
        "probability",
        "rawPrediction",
        "label",
    ]
    assert (
        next(graph_input.doc_string for graph_input in graph.input if graph_input.name == "temp")
        == "double; null: NaN"
    )


def test_null_inputs_may_be_left_out_of_a_feed_or_of_the_graph() -> None:
    import onnxruntime

    description = flights()
    expected = Scorer(description, raw=True).score(ROW)
    for nulls in (True, False):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        graph = to_onnx(description, nulls=nulls)
        session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
        inputs = {
            name: value
            for name, value in build_feed(description, [ROW, ROW]).items()
            if not name.endswith("__null")
        }
        assert set(inputs) == {session_input.name for session_input in session.get_inputs()}
        names = [session_output.name for session_output in session.get_outputs()]
        scored = read_answers(description, dict(zip(names, session.run(None, inputs), strict=True)))
        assert compare_answers([expected, expected], scored, description.outputs) == []


def test_names_of_a_model_do_not_collide_with_those_of_the_graph() -> None:
    step = Step("rescale", "StandardScalerModel `s`", ("~0",), ("scored",), {}, {"scale": np.array([2.0])})
    fields = (Field("~0", "vector", size=1), Field("~0__null", "string"))
    description = Description(
        fields,
        (),
        (step,),
        (Output("scored", "vector", "scored", "column"), Output("~0", "vector", "~0", "column")),
    )
    rows = [{"~0": [1.5], "~0__null": "a"}, {"~0": None, "~0__null": None}]
    assert verify(description, to_onnx(description), score_cases(Scorer(description), rows)).unscored == 1


@pytest.mark.parametrize(
    "link", ["identity", "log", "inverse", "logit", "probit", "cloglog", "sqrt", "power"]
)
@pytest.mark.parametrize("family", ["gaussian", "binomial", "positive"])
def test_every_family_and_link_answers_as_the_scorer_does(family: str, link: str) -> None:
    model = predictors(3)["glm"]
    glm = replace(model.steps[0], params={"family": family, "link": link, "sparse": False})
    description = replace(model, steps=(glm,))
    rows = [{"v": [index / 7, -index / 5, 0.5]} for index in range(-20, 20)]
    cases = cases_of(description, [], random_rows=0) + score_cases(Scorer(description), rows)
    assert verify(description, to_onnx(description), cases).rows > 40


def test_what_no_tensor_can_hold_is_refused_with_its_reason() -> None:
    model = predictors(3)["glm"]
    hot = Step(
        "one_hot",
        "OneHotEncoderModel `o`",
        ("i",),
        ("h",),
        {"categories": 10**6, "keep": False, "drop_last": True},
    )
    fields = (Field("v", "vector", size=2**20), Field("day", "date"), Field("i", "integer"))
    reasons = list_unsupported(replace(model, steps=(hot, *model.steps), fields=fields))
    assert len(reasons) == 3
    assert reasons[0].startswith("OneHotEncoderModel `o`: it makes 1,000,000 slots")
    assert "1048576 slots" in reasons[1]
    assert "`day` is of type date" in reasons[2]


def compiled(folder: Path, description: Description, *, change: float = 0.0) -> Path:
    """Write a scorer with a certificate, step probability of which may be changed."""
    folder.mkdir()
    save(description, folder)
    cases = cases_of(description, [ROW])
    row, answer = next(case for case in cases if isinstance(case[1], dict))
    first, *others = answer["probability"]
    certificate = [*cases[:5], (row, {**answer, "probability": [first + change, *others]})]
    (folder / CERTIFICATE).write_text(dump_cases(certificate), "utf-8")
    return folder


def test_a_file_is_written_if_every_row_agrees(tmp_path: Path) -> None:
    import onnx

    file = tmp_path / "model.onnx"
    exported = export(compiled(tmp_path / "model", flights()), file, rows=30, seed=1)
    assert (exported.certificate_rows, exported.seed, exported.size) == (6, 1, file.stat().st_size)
    assert exported.verification.rows > 40
    read = onnx.load(file)
    assert read.SerializeToString() == exported.model.SerializeToString()
    assert {prop.key: prop.value for prop in read.metadata_props}["sparkops.model"] == flights().hash
    with pytest.raises(ModelError, match="does not answer as its certificate says"):
        export(compiled(tmp_path / "wrong", flights(impute=False), change=1e-6), file)
    assert onnx.load(file).SerializeToString() == read.SerializeToString()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "model.onnx", "wrong"]


def test_a_graph_that_differs_from_the_certificate_is_not_written(tmp_path: Path) -> None:
    description = flights()
    scorer = Scorer(description, raw=True)
    (case,) = score_cases(scorer, [ROW])
    wrong = (case[0], {**case[1], "prediction": 1.0 - case[1]["prediction"]})
    with pytest.raises(ParityBroken, match=r"prediction is .*, in the graph .*; row: \{'carrier': 'AA'"):
        verify(description, to_onnx(description), [case, wrong])
    with pytest.raises(ParityBroken, match="label is 'another', in the graph 'late'"):
        verify(description, to_onnx(description), [(case[0], {**case[1], "label": "another"})])
    scored = (case[0], "refused")
    with pytest.raises(ParityBroken, match="the answer is 'unscored', in the graph"):
        verify(description, to_onnx(description), [scored])


def test_a_target_that_is_no_file_and_a_folder_without_a_scorer_are_refused(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "none" / "m.onnx"):
        with pytest.raises(InputError, match=r"--onnx model\.onnx"):
            export(tmp_path, file)
    with pytest.raises(NotCompiled, match="models compile"):
        export(tmp_path, tmp_path / "m.onnx")


def test_no_rows_give_no_answers() -> None:
    assert OnnxScorer(flights(), to_onnx(flights())).score([]) == []
