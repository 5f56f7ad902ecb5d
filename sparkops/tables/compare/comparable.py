"""Give values a form in which equal values are equal to Spark's `GROUP BY`: floats are rounded, maps are sorted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from sparkops.core.column_name import quote_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import Column
    from pyspark.sql.types import DataType, StructField

# Significant digits, and relative tolerance, of 32-bit floats, which have no more precision.
_FLOAT_DIGITS: Final = 7
_FLOAT_TOLERANCE: Final = 1e-6
# A smaller value counts as 0: the power of ten that scales it for rounding would be infinite.
_TINY: Final = 1e-280


def count_digits(tolerance: float) -> int | None:
    """Return the number of significant digits of floats to compare; None for all digits."""
    return None if tolerance <= 0 else max(1, math.ceil(-math.log10(tolerance)) + 1)


def to_comparable(field: StructField, digits: int | None) -> Column:
    """Return the values of a column in a form in which equal values are equal.

    NaN equals NaN, and 0.0 equals -0.0, as in `GROUP BY`. The order of the entries of a map does not matter.

    Args:
        field: The column.
        digits: Significant digits of floats that are compared; None for all.
    """
    from pyspark.sql import functions as F

    column = F.col(quote_column(field.name))
    convert = _build_converter(field.dataType, digits)
    return (column if convert is None else convert(column)).alias(field.name)


def find_tolerance(kind: DataType, tolerance: float) -> float:
    """Return the relative tolerance of the floats in a type; 0 for a type without floats."""
    from pyspark.sql.types import DoubleType, FloatType

    leaves = [type(leaf) for leaf in _list_leaves(kind)]
    if tolerance <= 0 or not (FloatType in leaves or DoubleType in leaves):
        return 0.0
    return max(tolerance, _FLOAT_TOLERANCE) if FloatType in leaves else tolerance


def _list_leaves(kind: DataType) -> Iterator[DataType]:
    """Yield the types of the values within arrays, maps and structs."""
    from pyspark.sql import types

    children: list[DataType] = []
    if isinstance(kind, types.ArrayType):
        children = [kind.elementType]
    elif isinstance(kind, types.MapType):
        children = [kind.keyType, kind.valueType]
    elif isinstance(kind, types.StructType):
        children = [field.dataType for field in kind.fields]
    else:
        yield kind
    for child in children:
        yield from _list_leaves(child)


def _build_converter(kind: Any, digits: int | None) -> Callable[[Column], Column] | None:
    """Return the function that converts values of a type; None if they are comparable as they are."""
    from pyspark.sql import functions as F
    from pyspark.sql import types

    if isinstance(kind, types.ArrayType):
        item = _build_converter(kind.elementType, digits)
        return None if item is None else lambda column: F.transform(column, item)
    if isinstance(kind, types.MapType):
        return _build_map_converter(kind, digits)
    if isinstance(kind, types.StructType):
        return _build_struct_converter(kind, digits)
    return _build_atomic_converter(kind, digits)


def _build_atomic_converter(kind: Any, digits: int | None) -> Callable[[Column], Column] | None:
    from pyspark.sql import functions as F
    from pyspark.sql import types

    if isinstance(kind, types.DoubleType | types.FloatType) and digits is not None:
        precision = min(digits, _FLOAT_DIGITS) if isinstance(kind, types.FloatType) else digits
        return lambda column: _round_to_digits(column.cast("double"), precision)
    if isinstance(kind, types.VariantType):
        return F.to_json
    if isinstance(kind, types.StringType) and "collate" in kind.simpleString():
        return lambda column: F.collate(column, "UTF8_BINARY")
    return None


def _build_map_converter(kind: Any, digits: int | None) -> Callable[[Column], Column]:
    from pyspark.sql import functions as F

    key = _build_converter(kind.keyType, digits) or (lambda column: column)
    value = _build_converter(kind.valueType, digits) or (lambda column: column)

    def convert_entry(entry: Column) -> Column:
        return F.struct(key(entry["key"]).alias("key"), value(entry["value"]).alias("value"))

    return lambda column: F.array_sort(F.transform(F.map_entries(column), convert_entry))


def _build_struct_converter(kind: Any, digits: int | None) -> Callable[[Column], Column] | None:
    from pyspark.sql import functions as F

    converters = {field.name: _build_converter(field.dataType, digits) for field in kind.fields}
    if not any(converters.values()):
        return None

    def convert(column: Column) -> Column:
        fields = []
        for name, converter in converters.items():
            value = column.getField(name)
            fields.append((value if converter is None else converter(value)).alias(name))
        return F.when(column.isNotNull(), F.struct(*fields))

    return convert


def _round_to_digits(column: Column, digits: int) -> Column:
    """Return doubles rounded to a number of significant digits; infinities, NaN and null stay."""
    from pyspark.sql import functions as F

    size = F.abs(column)
    scale = F.pow(F.lit(10.0), F.lit(digits - 1.0) - F.floor(F.log10(size)))
    is_ordinary = (size > _TINY) & (size < float("inf"))
    is_tiny = size <= _TINY
    return F.when(is_ordinary, F.rint(column * scale) / scale).when(is_tiny, F.lit(0.0)).otherwise(column)
