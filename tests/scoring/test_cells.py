"""Cells of pandas, JSON and CSV."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sparkops.scoring.batch.cells import from_cell, from_csv, to_column


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (math.nan, "double", None),
        (np.float64("nan"), "string", None),
        (None, "long", None),
        (np.int32(3), "long", 3),
        (3.0, "long", 3),
        (3.5, "long", 3.5),
        (3, "double", 3),
        (math.inf, "double", math.inf),
        (np.True_, "boolean", True),
        ("x", "double", "x"),
    ],
)
def test_a_cell_becomes_a_python_value(value: object, type_: str, expected: object) -> None:
    got = from_cell(value, type_)
    assert got == expected
    assert type(got) is type(expected)


def test_missing_value_markers_of_pandas_are_null() -> None:
    pandas = pytest.importorskip("pandas")
    assert from_cell(pandas.NA, "string") is None
    assert from_cell(pandas.NaT, "string") is None


@pytest.mark.parametrize(
    ("text", "type_", "expected"),
    [
        ("", "string", None),
        ("1.5", "double", 1.5),
        ("nan", "double", None),
        ("7", "long", 7),
        ("7.0", "long", 7),
        ("7.5", "long", 7.5),
        ("TRUE", "boolean", True),
        ("perhaps", "boolean", "perhaps"),
        ("far", "long", "far"),
        ("1", "string", "1"),
    ],
)
def test_a_csv_cell_is_parsed_by_the_type_of_its_field(text: str, type_: str, expected: object) -> None:
    got = from_csv(text, type_)
    assert got == expected
    assert type(got) is type(expected)


def test_missing_values_are_masked_in_numbers_and_none_in_text() -> None:
    numbers = to_column(np.array([1.0, math.nan, math.inf]), "double")
    assert np.ma.getmaskarray(numbers).tolist() == [False, True, False]
    assert np.ma.getmaskarray(to_column(np.array([1.0, math.nan]), "long")).tolist() == [False, True]
    assert list(to_column(np.array(["a", None, math.nan], dtype=object), "string")) == ["a", None, None]


def test_integers_and_booleans_are_unchanged() -> None:
    for array in (np.array([1, 2]), np.array([True, False])):
        assert to_column(array, "long") is array
