"""Conversion of values to the type of a field."""

from __future__ import annotations

from fractions import Fraction
from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.errors import RowError
from sparkops.scoring import Description, Field, Scorer


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
    read = Field("x", type_).make_reader()(value)
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
        Field("x", type_).make_reader()(value)
    assert raised.value.field == "x"
    assert raised.value.value == value or isnan(value)


@pytest.mark.parametrize(
    "value",
    [10**400, -(10**400), 10**5000, Fraction(10**400, 3), [10**5000]],
    ids=["400 digits", "negative", "5000 digits", "fraction", "list"],
)
@pytest.mark.parametrize(
    "type_", ["byte", "short", "integer", "long", "float", "double", "array<long>", "array<double>", "vector"]
)
def test_a_number_beyond_every_type_is_refused(type_: str, value: Any) -> None:
    read = Field("x", type_, size=2 if type_ == "vector" else None).make_reader()
    for bad in (value, [value, 1]):
        with pytest.raises(RowError, match="Field `x` takes a") as raised:
            read(bad)
        assert raised.value.field == "x"


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), 10**5000], ids=["400 digits", "negative", "5000 digits"]
)
@pytest.mark.parametrize("type_", ["byte", "short", "integer", "long", "float", "double", "vector"])
def test_a_number_beyond_every_type_is_refused_in_a_batch(type_: str, value: int) -> None:
    field = Field("x", type_, size=2 if type_ == "vector" else None)
    good, bad = ([1.0, 2.0], [1.0, value]) if type_ == "vector" else (1, value)
    scorer = Scorer(Description((field,), (), (), ()))
    for items in ([good, good, bad], np.array([good, good, bad], dtype=object)):
        with pytest.raises(RowError, match=r"Row 2: Field `x` takes a") as raised:
            scorer.score_batch({"x": items})
        assert raised.value.field == "x"


def test_a_struct_of_a_vector_may_not_contain_another() -> None:
    read = Field("v", "vector", size=2).make_reader()
    assert read({"type": 1, "values": [1, 2]}) == (1.0, 2.0)
    assert read({"type": 0, "size": 2, "indices": [1], "values": [3]}) == (0.0, 3.0)
    deep: Any = [1, 2]
    for _ in range(900):
        deep = {"type": 1, "values": deep}
    for bad in ({"type": 1, "values": {"type": 1, "values": [1, 2]}}, deep):
        with pytest.raises(RowError, match="vector of 2 numbers"):
            read(bad)
    with pytest.raises(RowError, match="vector of 2 numbers"):
        read({"type": 0, "size": 2, "indices": [True], "values": [3]})


def test_null_is_accepted_by_nullable_fields() -> None:
    assert Field("x", "double").make_reader()(None) is None
    with pytest.raises(RowError, match="may not be null"):
        Field("x", "double", nullable=False).make_reader()(None)


def test_a_vector_of_another_length_is_refused() -> None:
    read = Field("v", "vector", size=2).make_reader()
    assert read([1, 2.5]) == (1.0, 2.5)
    assert read(np.array([1.0, 2.0])) == (1.0, 2.0)
    for bad in ([1.0], [1.0, "2"], "ab", 3.0, [True, False]):
        with pytest.raises(RowError, match="vector of 2 numbers"):
            read(bad)


@given(st.floats(width=32))
def test_a_float_is_rounded_to_single_precision(value: float) -> None:
    read = Field("x", "float").make_reader()(value)
    assert read == value or isnan(value)
