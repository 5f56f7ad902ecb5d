"""Vector stages give the same answers row by row and as a batch; damaged steps are refused when a model is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan
from random import Random
from typing import Any

import numpy as np
import pytest

from sparkops.errors import ModelError, RowError, RowRejected
from sparkops.scoring import Description, Difference, Field, Output, Scorer, Step, compare_answers, edge_rows
from sparkops.scoring.stages.feature.vector.polynomial_expansion import enumerate_terms

ODD = (0.0, 0.0, 1.0, -2.0, 3.5, nan, inf, -inf, 1e200, 0.25)
STORED = ("dense", "sparse", "compressed", "compact", "input", "input-zeros", "unknown")
SLOTS = {
    "size": np.array([5]),
    "slots": np.array([0, 3]),
    "starts": np.array([0, 3, 5]),
    "values": np.array([0.0, 1.0, -2.0, 1.0, 3.5]),
}
ENCODED = {
    "categories": np.array([0.0, 2.0, 1.0]),
    "encodings": np.array([0.1, 0.2, 0.3]),
    "unseen": np.array([0.5]),
    "null": np.array([0.9]),
}
TURNS = np.random.default_rng(0).normal(size=(3, 5))


def step(op: str, params: Mapping[str, Any] | None = None, **arrays: Any) -> Step:
    numbers = {name: np.asarray(array) for name, array in arrays.items()}
    return Step(op, f"{op} `s`", ("v",), ("o",), params or {}, numbers)


def steps() -> list[Step]:
    variants = [step("binarize", threshold=[value]) for value in (0.5, -0.5, 0.0, inf)]
    variants += [step("dct", {"size": 5, "inverse": inverse}) for inverse in (True, False)]
    variants += [step("pick_slots", slots=np.array(chosen, dtype=np.int64)) for chosen in ([4, 0, 2], [])]
    variants += [step("vector_size", {"size": 5, "invalid": invalid}) for invalid in ("error", "skip")]
    variants += [step("project", directions=TURNS), step("projection_hash", directions=TURNS, factor=[1.3])]
    variants += [step("min_hash", coefficients=[[5, 7], [2038074000, 2038074000]])]
    for stored in STORED:
        variants += [step("normalize", {"stored": stored}, p=[p]) for p in (1.0, 2.0, inf, 3.0)]
        variants += [step("polynomial", {"size": 5, "degree": d, "stored": stored}) for d in (1, 2, 3, 6)]
        modes = ("error", "keep", "skip")
        variants += [step("vector_index", {"stored": stored, "invalid": mode}, **SLOTS) for mode in modes]
    return variants


def scorer(vector_step: Step, *fields: Field) -> Scorer:
    lists = ("projection_hash", "min_hash")
    type_ = (
        "array<vector>"
        if vector_step.op in lists
        else "double"
        if vector_step.op == "target_encode"
        else "vector"
    )
    output = Output("o", type_, "o", "column")
    return Scorer(Description(fields or (Field("v", "vector", size=5),), (), (vector_step,), (output,)))


def batch_differences(model: Scorer, rows: list[dict[str, Any]]) -> list[Difference]:
    """Return where a batch differs from its rows, after checking that it refuses the same rows."""
    answers = [model.answer(row) for row in rows]
    scored = [row for row, answer in zip(rows, answers, strict=True) if answer != "refused"]
    batch = ["dropped" if row is None else row for row in model.score_batch(scored).rows()]
    differences = compare_answers([answer for answer in answers if answer != "refused"], batch, model.outputs)
    for row, answer in zip(rows, answers, strict=True):
        if answer == "refused":
            with pytest.raises(RowError):
                model.score_batch([row])
    return differences


@pytest.mark.parametrize("one", steps(), ids=lambda one: f"{one.op} {dict(one.params)}")
def test_rows_and_batches_of_vectors_agree(one: Step) -> None:
    model, draw = scorer(one), Random(1)
    rows = [{"v": [draw.choice(ODD) for _ in range(5)]} for _ in range(60)]
    assert batch_differences(model, rows + edge_rows(model.description, [])) == []


@pytest.mark.parametrize("one", [step("normalize", {"stored": stored}, p=[2.0]) for stored in STORED])
def test_rows_and_batches_of_wide_vectors_agree(one: Step) -> None:
    model, draw = scorer(one, Field("v", "vector", size=1100)), Random(2)
    rows = [
        {"v": [draw.choice(ODD) if draw.random() < 0.01 else 0.0 for _ in range(1100)]} for _ in range(20)
    ]
    assert batch_differences(model, rows) == []


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("sizes", [[[3], [0], [0, 2, 0]], [[0], [0], [0, 0, 0]], [[30], [0], [40, 0, 2]]])
def test_rows_and_batches_of_interactions_agree(sizes: list[list[int]], stored: str) -> None:
    params = {"sizes": sizes, "stored": ["dense", "dense", stored]}
    one = Step("interact", "Interaction `s`", ("a", "b", "v"), ("o",), params)
    model = scorer(one, Field("a", "integer"), Field("b", "double"), Field("v", "vector", size=3))
    draw = Random(3)
    rows = [
        {"a": draw.randint(-1, 3), "b": draw.choice(ODD), "v": [draw.choice(ODD), draw.choice((0, 1)), 2.0]}
        for _ in range(60)
    ]
    assert batch_differences(model, rows + edge_rows(model.description, rows)) == []


@pytest.mark.parametrize("invalid", ["error", "keep"])
def test_rows_and_batches_of_encodings_agree(invalid: str) -> None:
    model = scorer(step("target_encode", {"invalid": invalid}, **ENCODED), Field("v", "double"))
    assert batch_differences(model, edge_rows(model.description, [])) == []
    assert model.score({"v": None})["o"] == 0.9


def sparse_struct(values: list[float]) -> dict[str, Any]:
    indices = [slot for slot, value in enumerate(values) if value]
    return {"type": 0, "size": len(values), "indices": indices, "values": [values[slot] for slot in indices]}


@pytest.mark.parametrize(
    ("op", "params", "arrays"),
    [
        ("normalize", {}, {"p": [2.0]}),
        ("polynomial", {"size": 5, "degree": 2}, {}),
        ("vector_index", {"invalid": "keep"}, {**SLOTS, "values": np.array([4.0, 1.0, -2.0, 1.0, 3.5])}),
    ],
)
def test_vectors_are_stored_as_the_rows_hold_them(
    op: str, params: dict[str, Any], arrays: dict[str, Any]
) -> None:
    as_input, dense, sparse = (
        scorer(step(op, {**params, "stored": stored}, **arrays), Field("v", "vector", size=5))
        for stored in ("input", "dense", "sparse")
    )
    lists = [[0.0, nan, 1.0, 0.0, 2.0], [0.0, inf, 0.0, 3.5, 1.0], [0.0] * 5, [1.0, -inf, 0.0, 1.0, 0.0]]
    pairs = list(enumerate([*lists, *lists[::-1]]))
    rows = [{"v": sparse_struct(values) if at % 2 else values} for at, values in pairs]
    expected = [(sparse if at % 2 else dense).answer({"v": values}) for at, values in pairs]
    answers = [as_input.answer(row) for row in rows]
    assert compare_answers(expected, answers, as_input.outputs) == []
    assert batch_differences(as_input, rows) == []
    assert compare_answers([dense.answer(row) for row in rows], answers, as_input.outputs)


def test_products_come_in_sparks_order() -> None:
    names = ["x", "y", "z"]
    products: list[str] = []
    for shorter, slot in enumerate_terms(3, 2):
        products.append(("" if shorter < 0 else products[shorter]) + names[slot])
    assert products == ["x", "xx", "y", "yx", "yy", "z", "zx", "zy", "zz"]


@pytest.mark.parametrize(
    "damaged",
    [
        step("binarize", threshold=[nan]),
        step("dct", {"size": 10**9, "inverse": False}),
        step("dct", {"size": 5, "inverse": "no"}),
        step("normalize", {"stored": "somehow"}, p=[2.0]),
        step("normalize", {"stored": "dense"}, p=[0.0]),
        step("polynomial", {"size": 5, "degree": 10**6, "stored": "dense"}),
        step("pick_slots", slots=[5]),
        step("pick_slots", slots=[1, 1]),
        step("vector_size", {"size": 4, "invalid": "error"}),
        step("project", directions=TURNS[:, :4]),
        step("min_hash", coefficients=[[-1, 2]]),
        step(
            "vector_index",
            {"stored": "dense", "invalid": "error"},
            **(SLOTS | {"starts": np.array([0, 9, 5])}),
        ),
        step(
            "vector_index", {"stored": "dense", "invalid": "error"}, **(SLOTS | {"slots": np.array([0, 7])})
        ),
        step("interact", {"sizes": [[2**30, 2**30, 0, 0, 0]], "stored": ["dense"]}),
        step("interact", {"sizes": [[-1, 0, 0, 0, 0]], "stored": ["dense"]}),
        step("interact", {"sizes": 3, "stored": ["dense"]}),
    ],
    ids=lambda one: one.op,
)
def test_a_damaged_step_is_refused(damaged: Step) -> None:
    with pytest.raises(ModelError):
        scorer(damaged)


def test_a_vector_of_another_length_is_dropped_where_its_size_hint_skips_it() -> None:
    fields = (Field("v", "vector", size=3), Field("x", "double"))
    steps = (
        Step("vector_size", "VectorSizeHint `h`", ("v",), ("v",), {"size": 3, "invalid": "skip"}),
        Step("assemble", "VectorAssembler `a`", ("v", "x"), ("all",), {"invalid": "error"}),
    )
    scorer = Scorer(Description(fields, (), steps, (Output("all", "vector", "all", "column", 4),)))
    sparse = {"type": 0, "size": 2, "indices": [0], "values": [1.0]}
    vectors = [[1.0, 2.0, 3.0], [1.0], [], None, sparse, {"type": 1, "values": [1.0]}, np.ones(4)]
    rows = [{"v": vector, "x": 5.0} for vector in vectors]
    assert [scorer.answer(row) for row in rows] == [{"all": [1.0, 2.0, 3.0, 5.0]}, *["dropped"] * 6]
    assert scorer.score_batch(rows).rows() == [{"all": [1.0, 2.0, 3.0, 5.0]}, *[None] * 6]
    assert scorer.answer({"v": "text", "x": 5.0}) == "refused"
    with pytest.raises(RowRejected, match="does not have 3 numbers, and the model skips such rows"):
        scorer.score(rows[1])
    table = {"v": np.ones((2, 2)), "x": np.ones(2)}
    assert scorer.score_batch(table).rejected.tolist() == [True, True]
