"""Conversion of values to the type of a field."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.errors import RowError
from sparkops.scoring import Field


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("double", 3, 3.0),
        ("double", np.float32(0.5), 0.5),
        ("double", np.int64(4), 4.0),
        ("integer", 3.0, 3),
        ("integer", np.int32(7), 7),
        ("boolean", np.True_, True),
        ("string", "", ""),
        ("float", 0.1, 0.10000000149011612),
        ("long", 2**63 - 1, 2**63 - 1),
    ],
)
def test_a_value_is_converted_to_the_type_of_its_field(type_: str, value: Any, expected: Any) -> None:
    read = Field("x", type_).reader()(value)
    assert read == expected
    assert type(read) is type(expected)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("double", "3"),
        ("double", True),
        ("double", 10**400),
        ("integer", 3.5),
        ("integer", float("nan")),
        ("integer", 2**31),
        ("byte", 128),
        ("boolean", 1),
        ("string", 3),
        ("float", 1e39),
    ],
)
def test_a_value_of_another_type_is_refused_by_field_value_and_type(type_: str, value: Any) -> None:
    with pytest.raises(RowError, match="Field `x` takes a") as raised:
        Field("x", type_).reader()(value)
    assert raised.value.field == "x"
    assert raised.value.value == value or isnan(value)


def test_null_is_accepted_by_nullable_fields() -> None:
    assert Field("x", "double").reader()(None) is None
    with pytest.raises(RowError, match="may not be null"):
        Field("x", "double", nullable=False).reader()(None)


def test_a_vector_of_another_length_is_refused() -> None:
    read = Field("v", "vector", size=2).reader()
    assert read([1, 2.5]) == (1.0, 2.5)
    assert read(np.array([1.0, 2.0])) == (1.0, 2.0)
    for bad in ([1.0], [1.0, "2"], "ab", 3.0, [True, False]):
        with pytest.raises(RowError, match="vector of 2 numbers"):
            read(bad)


@given(st.floats(width=32))
def test_a_float_is_rounded_to_single_precision(value: float) -> None:
    read = Field("x", "float").reader()(value)
    assert read == value or isnan(value)
