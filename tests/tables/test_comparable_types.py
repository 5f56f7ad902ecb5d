"""The tolerance of a comparison depends on the types of values, not on the names of fields."""

from __future__ import annotations

import pytest
from pyspark.sql.types import (
    ArrayType,
    DataType,
    DoubleType,
    FloatType,
    IntegerType,
    MapType,
    StringType,
    StructField,
    StructType,
)

from sparkops.tables.compare.comparable import find_tolerance


def struct(name: str, kind: DataType) -> StructType:
    return StructType([StructField(name, kind)])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (DoubleType(), 1e-9),
        (FloatType(), 1e-6),
        (IntegerType(), 0.0),
        (struct("float_rate", DoubleType()), 1e-9),
        (struct("double_or_float", StringType()), 0.0),
        (struct("a", FloatType()), 1e-6),
        (ArrayType(struct("floats", DoubleType())), 1e-9),
        (MapType(StringType(), ArrayType(FloatType())), 1e-6),
        (MapType(DoubleType(), IntegerType()), 1e-9),
        (StructType([StructField("a", DoubleType()), StructField("b", FloatType())]), 1e-6),
    ],
    ids=lambda value: value.simpleString() if isinstance(value, DataType) else str(value),
)
def test_floats_have_the_tolerance_of_their_precision(kind: DataType, expected: float) -> None:
    assert find_tolerance(kind, 1e-9) == expected
    assert find_tolerance(kind, 0.0) == 0.0
