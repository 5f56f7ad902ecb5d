"""Names of Spark's types: `typeName`, as in schemas in JSON, and `simpleString`, as in DDL.

The two differ for integers only: `integer` and `int`, `long` and `bigint`. Types of MLflow and Arrow are mapped from
`typeName`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# `typeName` of each integer type, to its size in bits.
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
