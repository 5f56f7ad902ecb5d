"""Convert decimals in text exactly: no digit is rounded away, whatever the text and the type.

A reader of Spark rounds a decimal to the declared type before anything can be compared. Therefore the text is read and
compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import DataType, DecimalType

# Returns an expression that refuses a value: the value, what is wrong with it, whether more declared digits help, its
# type.
Refuse = Callable[["Column", str, bool, "DataType"], "Column"]

_NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?\s*$"


def has_decimal(data_type: DataType) -> bool:
    """Return whether a type is a decimal, or has one in fields, elements or values."""
    return replace_decimals_by_text(data_type) != data_type


def replace_decimals_by_text(data_type: DataType) -> DataType:
    """Return a type with text in place of decimals, in fields, elements and values, too."""
    from pyspark.sql.types import ArrayType, DecimalType, MapType, StringType, StructField, StructType

    if isinstance(data_type, DecimalType):
        return StringType()
    if isinstance(data_type, ArrayType):
        return ArrayType(replace_decimals_by_text(data_type.elementType), data_type.containsNull)
    if isinstance(data_type, MapType):
        return MapType(
            data_type.keyType, replace_decimals_by_text(data_type.valueType), data_type.valueContainsNull
        )
    if isinstance(data_type, StructType):
        return StructType(
            [
                StructField(
                    field.name, replace_decimals_by_text(field.dataType), field.nullable, field.metadata
                )
                for field in data_type.fields
            ]
        )
    return data_type


def to_decimals(column: Column, data_type: DataType, refuse: Refuse) -> Column:
    """Return a column of type `replace_decimals_by_text(data_type)` as one of the declared type.

    Values that would change are refused.
    """
    from pyspark.sql import functions as F
    from pyspark.sql.types import ArrayType, DecimalType, MapType, StructType

    if not has_decimal(data_type):
        return column
    if isinstance(data_type, DecimalType):
        return _to_decimal(column, data_type, refuse)
    if isinstance(data_type, ArrayType):
        element = data_type.elementType
        return F.transform(column, lambda item: to_decimals(item, element, refuse))
    if isinstance(data_type, MapType):
        value = data_type.valueType
        return F.transform_values(column, lambda _, item: to_decimals(item, value, refuse))
    fields = data_type.fields if isinstance(data_type, StructType) else ()
    values: list[Any] = [
        to_decimals(column.getField(field.name), field.dataType, refuse).alias(field.name) for field in fields
    ]
    return F.when(column.isNotNull(), F.struct(*values))


def _to_decimal(text: Column, declared: DecimalType, refuse: Refuse) -> Column:
    from pyspark.sql import functions as F

    name = declared.simpleString()
    value = text.try_cast(declared)
    # The usual case, recognized by one expression.
    is_usual = text.rlike(rf"^\s*[+-]?(?=\.?[0-9])[0-9]*(\.[0-9]{{0,{declared.scale}}}0*)?\s*$")
    is_exact = is_usual | (_count_decimals(text) <= declared.scale)
    return (
        F.when(text.isNull() | (is_usual & value.isNotNull()), value)
        .when(~text.rlike(_NUMBER), refuse(text, "is not a number", False, declared))
        .when(~is_exact, refuse(text, f"has more digits than {name}, and would be rounded", True, declared))
        .when(value.isNull(), refuse(text, f"has more digits before the point than {name}", True, declared))
        .otherwise(value)
    )


def _count_decimals(text: Column) -> Column:
    """Return how many digits after the point a number needs: 1 for `1.50` and `15e-1`, none or less for `1500`."""
    from pyspark.sql import functions as F

    mantissa = F.regexp_extract(text, r"^\s*[+-]?([0-9]*\.?[0-9]*)", 1)
    exponent = F.regexp_extract(text, r"[eE]([+-]?[0-9]+)\s*$", 1).try_cast("int")
    decimals = F.length(F.regexp_extract(mantissa, r"\.([0-9]*)", 1))
    digits = F.translate(mantissa, ".", "")
    significant = F.regexp_replace(digits, "0+$", "")
    needed = decimals - (F.length(digits) - F.length(significant)) - F.coalesce(exponent, F.lit(0))
    return F.when(significant == "", 0).otherwise(needed)
