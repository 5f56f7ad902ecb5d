"""Models as graphs of ONNX: onnxruntime answers as Spark did, or as the scorer does; what has no exact form is named."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from scoring.made import flights, forest
from scoring.made_predictors import others, predictors
from scoring.random_trees import MANY, one_hot_description
from scoring.test_vector_stages import ODD, STORED
from scoring.test_vector_stages import steps as vector_steps

from sparkops.artifact.random_rows import generate_rows
from sparkops.compiler import compile_stages, fields_from_spark
from sparkops.errors import InputError, ModelError, NotCompiled, NotExported, ParityBroken
from sparkops.onnx import answers, feed, not_exported, to_onnx
from sparkops.onnx.export import export
from sparkops.onnx.stages.registry import CONVERTERS, UNSUPPORTED
from sparkops.onnx.verification import Case, OnnxScorer, scored_cases, verify
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
from sparkops.scoring.stages.registry import STAGES

HOME = Path(__file__).parents[1] / "saved_models"
MODELS = sorted(HOME.glob("spark-*/*"))
OF_TEXT = ("words", "counted")
ROW = {"carrier": "AA", "distance": 1, "temp": 2.0}


def described(folder: Path) -> Description:
    fields = fields_from_spark(json.loads((folder / "fields.json").read_text("utf-8")))
    return compile_stages(folder / "model", fields).require_description()


def cases_of(description: Description, sampled: list[dict[str, Any]], fresh: int = 40) -> list[Case]:
    scorer = Scorer(description, raw=True)
    rows = edge_rows(description, sampled, limit=120)
    return scored_cases(scorer, [*rows, *generate_rows(scorer, sampled, fresh, seed=1)])


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_saved_model_answers_as_spark_did_or_each_stage_without_a_form_is_named(folder: Path) -> None:
    description = described(folder)
    if folder.name in OF_TEXT:
        with pytest.raises(NotExported) as raised:
            to_onnx(description)
        named = [step.stage for step in description.steps if step.op in UNSUPPORTED]
        assert named
        assert all(stage in str(raised.value) for stage in named)
        assert len(raised.value.reasons) == len(named)
        return
    kept = read_cases((folder / "rows.jsonl").read_text("utf-8"))
    found = [*kept, *cases_of(description, [row for row, _ in kept])]
    proved = verify(description, to_onnx(description), found)
    assert proved.rows == len(found) > 60
    assert proved.unscored < proved.rows / 2


@pytest.mark.parametrize("name", [*predictors(3), *others()])
def test_each_predictor_answers_as_the_scorer_does(name: str) -> None:
    description = others().get(name) or predictors(3)[name]
    if name == "rules":
        assert not_exported(description)[0].startswith("rules: a list")
        return
    vector = description.fields[0].size or 0
    counts = [{"v": [float(at + slot) for slot in range(vector)]} for at in range(3)] if vector else []
    cases = cases_of(description, counts) + scored_cases(Scorer(description, raw=True), counts)
    assert verify(description, to_onnx(description), cases).rows > 40


@pytest.mark.parametrize("one", vector_steps(), ids=lambda one: f"{one.op} {dict(one.params)}")
def test_each_step_of_vectors_answers_as_the_scorer_does(one: Step) -> None:
    kind = "array<vector>" if one.op in ("projection_hash", "min_hash") else "vector"
    output = Output("o", kind, "o", "column")
    description = Description((Field("v", "vector", size=5),), (), (one,), (output,))
    draw = Random(1)
    rows = [{"v": [draw.choice(ODD) for _ in range(5)]} for _ in range(40)]
    proved = verify(
        description, to_onnx(description), scored_cases(Scorer(description), [*rows, {"v": None}])
    )
    assert proved.unscored < proved.rows == 41


@pytest.mark.parametrize("stored", STORED)
def test_products_pass_over_zeros_as_spark_does(stored: str) -> None:
    params = {"sizes": [[3], [0], [0, 2, 0]], "stored": ["dense", "dense", stored]}
    one = Step("interact", "Interaction `s`", ("a", "b", "v"), ("o",), params)
    fields = (Field("a", "integer"), Field("b", "double"), Field("v", "vector", size=3))
    description = Description(fields, (), (one,), (Output("o", "vector", "o", "column"),))
    draw = Random(3)
    rows = [
        {"a": draw.randint(-1, 3), "b": draw.choice(ODD), "v": [draw.choice(ODD), draw.choice((0, 1)), 2.0]}
        for _ in range(60)
    ]
    assert verify(description, to_onnx(description), scored_cases(Scorer(description), rows)).rows == len(
        rows
    )


@pytest.mark.parametrize("invalid", ["error", "keep", "skip"])
@pytest.mark.parametrize("impute", [True, False])
def test_null_unseen_and_nan_are_scored_or_not_as_the_model_says(invalid: str, impute: bool) -> None:
    description = flights(invalid=invalid, impute=impute)
    cases = cases_of(description, [ROW])
    proved = verify(description, to_onnx(description), cases)
    assert proved.unscored == sum(isinstance(answer, str) for _, answer in cases)
    assert (proved.unscored > 0) is (invalid != "keep")


@pytest.mark.parametrize(("deep", "trees"), [(0, 3), (1, 1), (3, 4), (6, 30)])
def test_trees_split_at_the_last_digit_and_by_sets_of_categories(deep: int, trees: int) -> None:
    for seed in range(3):
        description = forest(deep=deep, trees=trees, seed=seed)
        rows = [{"a": 0.5, "b": 0.5, "c": c} for c in (0.0, 0.5, 1.5, -1.0, 3.0, 4.0, nan, inf, 1e10)]
        cases = cases_of(description, []) + scored_cases(Scorer(description), rows)
        proved = verify(description, to_onnx(description), cases)
        assert (proved.rows, proved.unscored) == (len(cases), sum(isinstance(each, str) for _, each in cases))


def test_trees_of_many_slots_answer_as_the_scorer_does_however_few_bits_a_file_holds_them_in() -> None:
    description = one_hot_description(scaled=True, keep=False, labels=MANY)
    assert description.steps[-1].arrays["feature"].dtype == np.int8
    cases = cases_of(description, [{"label": label, "x0": 0.5} for label in MANY])
    assert verify(description, to_onnx(description), cases).rows == len(cases)


def test_texts_doubles_and_booleans_are_indexed_by_what_java_writes() -> None:
    for kind, labels, values in (
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
        params = {"labels": labels, "invalid": "keep", "type": kind}
        one = Step("string_index", "StringIndexerModel `s`", ("x",), ("o",), params)
        description = Description((Field("x", kind),), (), (one,), (Output("o", "double", "o", "column"),))
        cases = scored_cases(Scorer(description), [{"x": value} for value in values])
        assert verify(description, to_onnx(description), cases).rows == len(values)


def test_nothing_in_a_graph_is_single_precision_nor_becomes_it_in_onnxruntime() -> None:
    from onnx import TensorProto

    single, scaled = TensorProto.FLOAT, "MatMul"  # a number multiplied with a MatMul becomes a float in it
    for description in (flights(), forest(), *predictors(3).values()):
        graph = to_onnx(description).graph
        assert not [each for each in graph.initializer if each.data_type == single]
        assert not [node for node in graph.node if node.op_type == scaled]


def test_a_graph_names_its_inputs_its_outputs_and_how_null_is_told() -> None:
    graph = to_onnx(flights(impute=False)).graph
    shapes = {
        each.name: [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim]
        for each in graph.input
    }
    assert shapes == {
        "carrier": ["N", 1],
        "distance": ["N", 1],
        "temp": ["N", 1],
        "carrier__null": ["N", 1],
        "distance__null": ["N", 1],
    }
    assert [each.name for each in graph.output] == [
        "scored",
        "prediction",
        "probability",
        "rawPrediction",
        "label",
    ]
    assert next(each.doc_string for each in graph.input if each.name == "temp") == "double; null: NaN"


def test_inputs_that_tell_of_null_may_be_left_out_of_a_feed_or_of_the_graph() -> None:
    import onnxruntime

    description = flights()
    expected = Scorer(description, raw=True).score(ROW)
    for nulls in (True, False):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        graph = to_onnx(description, nulls=nulls)
        session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
        given = {
            name: value
            for name, value in feed(description, [ROW, ROW]).items()
            if not name.endswith("__null")
        }
        assert set(given) == {each.name for each in session.get_inputs()}
        names = [each.name for each in session.get_outputs()]
        found = answers(description, dict(zip(names, session.run(None, given), strict=True)))
        assert compare_answers([expected, expected], found, description.outputs) == []


def test_names_of_a_model_that_are_the_graphs_own_are_kept_apart() -> None:
    one = Step("rescale", "StandardScalerModel `s`", ("~0",), ("scored",), {}, {"scale": np.array([2.0])})
    fields = (Field("~0", "vector", size=1), Field("~0__null", "string"))
    description = Description(
        fields,
        (),
        (one,),
        (Output("scored", "vector", "scored", "column"), Output("~0", "vector", "~0", "column")),
    )
    rows = [{"~0": [1.5], "~0__null": "a"}, {"~0": None, "~0__null": None}]
    assert verify(description, to_onnx(description), scored_cases(Scorer(description), rows)).unscored == 1


@pytest.mark.parametrize(
    "link", ["identity", "log", "inverse", "logit", "probit", "cloglog", "sqrt", "power"]
)
@pytest.mark.parametrize("family", ["gaussian", "binomial", "positive"])
def test_every_family_and_link_answers_as_the_scorer_does(family: str, link: str) -> None:
    made = predictors(3)["glm"]
    step = replace(made.steps[0], params={"family": family, "link": link, "sparse": False})
    description = replace(made, steps=(step,))
    rows = [{"v": [at / 7, -at / 5, 0.5]} for at in range(-20, 20)]
    cases = cases_of(description, [], fresh=0) + scored_cases(Scorer(description), rows)
    assert verify(description, to_onnx(description), cases).rows > 40


def test_what_no_tensor_holds_is_refused_with_its_reason() -> None:
    made = predictors(3)["glm"]
    hot = Step(
        "one_hot",
        "OneHotEncoderModel `o`",
        ("i",),
        ("h",),
        {"categories": 10**6, "keep": False, "drop_last": True},
    )
    fields = (Field("v", "vector", size=2**20), Field("day", "date"), Field("i", "integer"))
    told = not_exported(replace(made, steps=(hot, *made.steps), fields=fields))
    assert len(told) == 3
    assert told[0].startswith("OneHotEncoderModel `o`: it makes 1,000,000 slots")
    assert "1048576 slots" in told[1]
    assert "`day` is of type date" in told[2]


def compiled(folder: Path, description: Description, *, change: float = 0.0) -> Path:
    """Write a scorer with a certificate, one probability of which may be changed."""
    folder.mkdir()
    save(description, folder)
    cases = cases_of(description, [ROW])
    row, answer = next(case for case in cases if isinstance(case[1], dict))
    first, *others = answer["probability"]
    kept = [*cases[:5], (row, {**answer, "probability": [first + change, *others]})]
    (folder / CERTIFICATE).write_text(dump_cases(kept), "utf-8")
    return folder


def test_a_file_is_written_once_every_row_agrees_and_holds_the_graph(tmp_path: Path) -> None:
    import onnx

    file = tmp_path / "model.onnx"
    done = export(compiled(tmp_path / "made", flights()), file, rows=30, seed=1)
    assert (done.certificate_rows, done.seed, done.size) == (6, 1, file.stat().st_size)
    assert done.verification.rows > 40
    read = onnx.load(file)
    assert read.SerializeToString() == done.model.SerializeToString()
    assert {each.key: each.value for each in read.metadata_props}["sparkops.model"] == flights().hash
    with pytest.raises(ModelError, match="does not answer as its certificate says"):
        export(compiled(tmp_path / "wrong", flights(impute=False), change=1e-6), file)
    assert onnx.load(file).SerializeToString() == read.SerializeToString()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["made", "model.onnx", "wrong"]


def test_a_graph_that_differs_from_the_certificate_is_not_written(tmp_path: Path) -> None:
    description = flights()
    scorer = Scorer(description, raw=True)
    (case,) = scored_cases(scorer, [ROW])
    wrong = (case[0], {**case[1], "prediction": 1.0 - case[1]["prediction"]})
    with pytest.raises(ParityBroken, match=r"prediction is .*, in the graph .*; row: \{'carrier': 'AA'"):
        verify(description, to_onnx(description), [case, wrong])
    with pytest.raises(ParityBroken, match="label is 'another', in the graph 'late'"):
        verify(description, to_onnx(description), [(case[0], {**case[1], "label": "another"})])
    scored = (case[0], "refused")
    with pytest.raises(ParityBroken, match="the answer is 'unscored', in the graph"):
        verify(description, to_onnx(description), [scored])


def test_a_place_that_cannot_take_the_file_and_a_folder_without_a_scorer_are_told(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "none" / "m.onnx"):
        with pytest.raises(InputError, match=r"--onnx model\.onnx"):
            export(tmp_path, file)
    with pytest.raises(NotCompiled, match="models compile"):
        export(tmp_path, tmp_path / "m.onnx")


def test_every_operation_has_a_form_or_a_reason_and_none_both() -> None:
    assert set(CONVERTERS) | set(UNSUPPORTED) == set(STAGES)
    assert not set(CONVERTERS) & set(UNSUPPORTED)
    assert OnnxScorer(flights(), to_onnx(flights())).answers([]) == []
