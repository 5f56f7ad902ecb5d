"""Null and NaN are different answers, in a row, in a batch and in an Arrow table."""

from __future__ import annotations

from math import isnan, nan
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkops.scoring import Batch, Description, Field, Output, Scorer, Step
from sparkops.scoring.arrow_scorer import ArrowScorer


def description(type_: str, output: Output, *steps: Step, size: int | None = None) -> Description:
    return Description((Field("x", type_, size=size),), (), steps, (output,))


def isotonic() -> Description:
    numbers = {"places": np.array([0.0, 1.0]), "answers": np.array([10.0, 20.0])}
    step = Step("isotonic", "IsotonicRegression", ("x",), ("p",), {}, numbers)
    return description("double", Output("p", "double", "p", "prediction"), step)


def one_hot() -> Description:
    step = Step(
        "one_hot", "OneHotEncoder", ("x",), ("v",), {"categories": 2, "keep": False, "drop_last": False}, {}
    )
    return description("double", Output("v", "vector", "v", "column", 2), step)


def renamed(type_: str) -> Description:
    nodes = [{"op": "column", "type": type_, "value": "x"}]
    step = Step("select", "SQLTransformer", ("x",), ("o",), {"nodes": nodes})
    return description(type_, Output("o", type_, "o", "column"), step)


CASES: dict[str, Any] = {
    "a null feature of a regression": (isotonic(), [0.5, None, nan, 1.0]),
    "a one-hot vector of null": (one_hot(), [1.0, None, 0.0]),
    "a double": (renamed("double"), [1.0, None, nan]),
    "a float": (renamed("float"), [0.5, None, nan]),
    "an integer": (renamed("integer"), [3, None, -1]),
    "a boolean": (renamed("boolean"), [True, None, False]),
    "text": (renamed("string"), ["a", None, "NaN"]),
    "a list": (renamed("array<double>"), [[1.0, None, nan], None, []]),
    "a column without null": (renamed("double"), [1.0, nan]),
    "a column of nulls": (renamed("double"), [None, None]),
}


@pytest.mark.parametrize("name", CASES)
def test_rows_batches_and_arrow_tables_have_the_same_nulls(name: str) -> None:
    model, values = CASES[name]
    scorer, rows = Scorer(model), [{"x": value} for value in values]
    (output,) = scorer.outputs
    expected = [scorer.score(row) for row in rows]
    assert repr(scorer.score_batch(rows).rows()) == repr(expected)
    (scored,) = ArrowScorer(model)([pa.RecordBatch.from_pydict({"x": pa.array(values)})])
    got = [{output.name: value} for value in scored.column(output.name).to_pylist()]
    assert repr(got) == repr(expected)


def test_nan_stands_in_the_array_where_the_mask_says_null() -> None:
    batch = Scorer(isotonic()).score_batch({"x": np.ma.masked_array([0.5, 0.0, nan], [False, True, False])})
    assert batch.nulls["p"].tolist() == [False, True, False]
    assert [isnan(value) for value in batch.columns["p"]] == [False, True, False]
    assert Scorer(isotonic()).score_batch({"x": np.array([0.5, nan])}).nulls == {}


def test_masks_of_chunks_are_joined() -> None:
    count = 20_000
    values: list[Any] = [0.5] * count
    values[10_000] = None
    batch = Scorer(isotonic()).score_batch({"x": values})
    assert np.flatnonzero(batch.nulls["p"]).tolist() == [10_000]
    assert Batch.concatenate([batch, batch]).cells("p").count(None) == 2


def test_a_vector_without_slots_has_no_items_in_arrow() -> None:
    values = np.zeros((2, 0))
    from sparkops.scoring.arrow_scorer import build_output_arrays

    (array,) = build_output_arrays(
        Batch({"v": values}, np.zeros(2, dtype=bool)), [Output("v", "vector", "v", "column", 0)]
    )
    assert array.to_pylist() == [[], []]
