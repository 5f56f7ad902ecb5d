"""Each stage on values at which implementations differ; the expected answers are Spark's (4.1.4)."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from sparkops.scoring import Answer, Description, Field, Output, Scorer, Step, compare_answers

R, D = "refused", "dropped"


def answers(
    type_: str, values: list[Any], output: str, *steps: Step, size: int | None = None
) -> list[Answer]:
    """Return the answer for each value, after checking that a batch gives the same."""
    outputs = (Output("o", output, "o", "column"),)
    scorer = Scorer(Description((Field("x", type_, size=size),), (), steps, outputs))
    rows = [{"x": value} for value in values]
    answered = [scorer.answer(row) for row in rows]
    scored = [row for row, answer in zip(rows, answered, strict=True) if answer != R]
    batch = scorer.score_batch(scored).rows()
    from_batch = [D if row is None else row for row in batch]
    from_rows = [answer for answer in answered if answer != R]
    assert compare_answers(from_rows, from_batch, outputs, rtol=0, atol=0) == []
    for row, answer in zip(rows, answered, strict=True):
        if answer == R:
            with pytest.raises(Exception, match="Row 0"):
                scorer.score_batch([row])
    return [answer if isinstance(answer, str) else answer["o"] for answer in answered]


def step(op: str, params: dict[str, Any] | None = None, **arrays: Any) -> Step:
    numbers = {name: np.array(value, dtype=np.float64) for name, value in arrays.items()}
    return Step(op, op, ("x",), ("o",), params or {}, numbers)


@pytest.mark.parametrize(
    ("invalid", "expected"),
    [
        ("error", [2.0, 3.0, 4.0, R, R, 0.0, R, R]),
        ("keep", [2.0, 3.0, 4.0, 5.0, 5.0, 0.0, 5.0, 5.0]),
        ("skip", [2.0, 3.0, 4.0, D, D, 0.0, D, D]),
    ],
)
def test_doubles_are_indexed_by_the_text_that_java_writes(invalid: str, expected: list[Any]) -> None:
    labels = ["-0.0", "0.1", "1.0", "1.0E-4", "1.0E10"]
    values = [1.0, 1e-4, 1e10, nan, None, -0.0, 0.0, 5.0]
    index = step("string_index", {"labels": labels, "invalid": invalid, "type": "double"})
    assert answers("double", values, "double", index) == expected


def test_floats_booleans_and_integers_are_indexed_by_their_text() -> None:
    cases = [
        ("float", ["0.1", "3.4E8"], [0.1, 3.4e8, 0.2], [0.0, 1.0, 2.0]),
        ("boolean", ["true", "false"], [False, True, None], [1.0, 0.0, 2.0]),
        ("long", ["-5", "0", "007"], [0, -5, 7], [1.0, 0.0, 3.0]),
        ("string", ["", "null"], ["", None, "null", "x"], [0.0, 2.0, 1.0, 2.0]),
    ]
    for type_, labels, values, expected in cases:
        index = step("string_index", {"labels": labels, "invalid": "keep", "type": type_})
        assert answers(type_, values, "double", index) == expected


@pytest.mark.parametrize(
    ("invalid", "nan_and_null"), [("error", [R, None]), ("keep", [2.0, None]), ("skip", [D, D])]
)
def test_the_last_bucket_is_closed_and_signed_zeros_are_ordered(
    invalid: str, nan_and_null: list[Any]
) -> None:
    values = [0.0, -0.0, 1.0, 2.0, 2.1, -1.0, nan, None]
    bucket = step("bucketize", {"invalid": invalid}, splits=[0.0, 1.0, 2.0])
    assert answers("double", values, "double", bucket) == [0.0, R, 1.0, 1.0, R, R, *nan_and_null]


@pytest.mark.parametrize(
    ("keep", "drop_last", "expected"),
    [
        (False, True, [[1, 0], [0, 1], [0, 0], R, [0, 1], R, R, None, R]),
        (False, False, [[1, 0, 0], [0, 1, 0], [0, 0, 1], R, [0, 1, 0], R, R, None, R]),
        (
            True,
            True,
            [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 1, 0], *[[0, 0, 0]] * 2, None, [0] * 3],
        ),
        (
            True,
            False,
            [
                [1, 0, 0, 0],
                [0, 1, 0, 0],
                [0, 0, 1, 0],
                [0, 0, 0, 1],
                [0, 1, 0, 0],
                *[[0, 0, 0, 1]] * 2,
                None,
                [0, 0, 0, 1],
            ],
        ),
    ],
)
def test_one_hot_has_four_layouts(keep: bool, drop_last: bool, expected: list[Any]) -> None:
    encode = step("one_hot", {"categories": 3, "keep": keep, "drop_last": drop_last})
    values = [0.0, 1.0, 2.0, 3.0, 1.5, -1.0, nan, None, inf]
    assert answers("double", values, "vector", encode) == expected


@pytest.mark.parametrize(
    ("invalid", "expected"),
    [("error", [[1.0], R, R, [inf]]), ("keep", [[1.0], "nan", "nan", [inf]]), ("skip", [[1.0], D, D, [inf]])],
)
def test_the_assembler_refuses_keeps_or_skips_null_and_nan(invalid: str, expected: list[Any]) -> None:
    answered = answers("double", [1.0, nan, None, inf], "vector", step("assemble", {"invalid": invalid}))
    assert ["nan" if str(item) == "[nan]" else item for item in answered] == expected


def test_a_nan_inside_a_vector_is_passed_on_and_a_null_vector_is_not() -> None:
    values = [[1.0, nan], None]
    strict = answers("vector", values, "vector", step("assemble", {"invalid": "error"}), size=2)
    assert repr(strict) == repr([[1.0, nan], R])
    with_nan = answers("vector", values, "vector", step("assemble", {"invalid": "keep"}), size=2)
    assert repr(with_nan) == repr([[1.0, nan], [nan, nan]])


@pytest.mark.parametrize(
    ("type_", "missing", "values", "expected"),
    [
        ("double", nan, [None, nan, inf, 1.0], [2.5, 2.5, inf, 1.0]),
        ("double", -1.0, [None, -1.0, 1.0], [2.5, 2.5, 1.0]),
        ("integer", nan, [None, 3], [2, 3]),
        ("integer", -1.0, [None, -1, 3], [2, 2, 3]),
        ("float", nan, [None, nan, 0.1], [2.5, 2.5, 0.10000000149011612]),
        ("float", 0.1, [None, 0.1], [2.5, 0.10000000149011612]),
    ],
)
def test_imputed_columns_keep_their_type(
    type_: str, missing: float, values: list[Any], expected: list[Any]
) -> None:
    impute = step("impute", {"type": type_}, surrogate=[2.5], missing=[missing])
    assert answers(type_, values, type_, impute) == expected


def test_nan_is_kept_if_another_value_counts_as_missing() -> None:
    impute = step("impute", {"type": "double"}, surrogate=[2.5], missing=[-1.0])
    assert repr(answers("double", [nan], "double", impute)) == "[nan]"


def test_an_index_is_truncated_to_look_up_its_label() -> None:
    values = [0.0, 1.9, 2.0, -0.5, -1.0, nan, None]
    name = step("index_to_string", {"labels": ["a", "b"]})
    assert answers("double", values, "string", name) == ["a", "b", R, "a", R, R, R]


def test_a_constant_slot_scales_to_0_or_to_the_middle() -> None:
    zero = step("rescale", {}, shift=[1.0, 5.0], scale=[2.0, 0.0])
    assert answers("vector", [[2.0, 5.0], None], "vector", zero, size=2) == [[2.0, 0.0], R]
    middle = step("rescale", {}, shift=[1.0, 5.0], scale=[4.0, 0.0], add=[-1.0, -1.0], constant=[nan, 1.0])
    answered = answers("vector", [[1.0, 7.0], [nan, nan], [0.0, inf]], "vector", middle, size=2)
    assert repr(answered) == repr([[-1.0, 1.0], [nan, nan], [-5.0, 1.0]])


def test_categories_out_of_range_go_with_the_larger_side() -> None:
    assert [tree_side(node_type, value) for node_type in (2, 3) for value in (0.0, 1.0, 9.0, nan)] == [
        *(-1.0, 1.0, 1.0, 1.0),
        *(1.0, -1.0, -1.0, -1.0),
    ]


def tree_side(node_type: int, value: float) -> Any:
    """Return -1 (left) or 1 (right) for a split by the set {0}, or by its complement."""
    numbers = {
        "kind": [node_type, 0, 0],
        "feature": [0, 0, 0],
        "left": [1, 1, 2],
        "right": [2, 1, 2],
        "first": [0, 1, 1, 1],
        "roots": [0],
    }
    arrays = {name: np.array(item, dtype=np.int64) for name, item in numbers.items()}
    arrays |= {
        "threshold": np.zeros(3),
        "categories": np.array([0.0]),
        "leaves": np.array([[0.0], [-1.0], [1.0]]),
    }
    params = {"kind": "regress", "features": 1, "classes": 0, "mean": False}
    tree = Step("trees", "tree", ("v",), ("o",), params, arrays)
    assembled = Step("assemble", "v", ("x",), ("v",), {"invalid": "keep"})
    return answers("double", [value], "double", assembled, tree)[0]
