"""Names of Spark's types: `typeName`, as in schemas in JSON, and `simpleString`, as in DDL.

The two differ for integers only: `integer` and `int`, `long` and `bigint`. Types of MLflow and Arrow are mapped from
`typeName`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Size in bits of each integer type, by its `typeName`.
INTEGER_BITS: Final[Mapping[str, int]] = {"byte": 8, "short": 16, "integer": 32, "long": 64}
FLOATING_TYPES: Final = ("float", "double")
# `typeName` to `simpleString`, where they differ.
SIMPLE_STRINGS: Final[Mapping[str, str]] = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
}
# `simpleString` to `typeName`, where they differ.
TYPE_NAMES: Final[Mapping[str, str]] = {simple: name for name, simple in SIMPLE_STRINGS.items()}
# `simpleString` of each integer type.
SIMPLE_INTEGERS: Final = tuple(SIMPLE_STRINGS.values())
# Largest number of digits of a decimal.
MAX_PRECISION: Final = 38
_ARRAY = re.compile(r"array<(.*)>", re.DOTALL)
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")


def parse_decimal_digits(type_: str) -> tuple[int, int] | None:
    """Return (precision, scale) of a type such as decimal(10,2); None for another type."""
    match = _DECIMAL.fullmatch(type_)
    if match is None:
        return None
    precision, scale = int(match[1]), int(match[2])
    return (precision, scale) if scale <= precision <= MAX_PRECISION and precision else None


def parse_element_type(type_: str) -> str | None:
    """Return the type of the elements of a type such as array<string>; None for another type."""
    match = _ARRAY.fullmatch(type_)
    return match[1] if match else None
