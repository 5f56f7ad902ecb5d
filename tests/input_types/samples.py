"""A value of every type that a model can read: an ordinary one, null, and one that is easily changed on its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import inf, isnan, nan
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """A type with its values.

    Args:
        name: Name of the column, or path of the field of a struct.
        type: Type in Spark's DDL; "vector" for a vector of `pyspark.ml.linalg`; "struct field" for a double in a struct.
        values: An ordinary value, null, and two special ones.
        in_csv: Whether a cell of CSV can hold it.
    """

    name: str
    type: str
    values: tuple[Any, Any, Any, Any]
    in_csv: bool = True

    @property
    def output(self) -> str:
        """Return the name of the output with the same values."""
        return f"o_{self.name.replace('.', '_')}"

    @property
    def group(self) -> str:
        """Return the name of the model that reads it."""
        return "scalars" if self.in_csv else self.type.partition("<")[0].partition(" ")[0]


SAMPLES = (
    Sample("b", "boolean", (True, None, False, True)),
    Sample("i1", "tinyint", (7, None, -128, 127)),
    Sample("i2", "smallint", (300, None, -32768, 32767)),
    Sample("i4", "int", (70_000, None, -(2**31), 2**31 - 1)),
    Sample("i8", "bigint", (2**40 + 1, None, -(2**53), 0)),
    Sample("f4", "float", (0.10000000149011612, None, nan, -inf)),
    Sample("f8", "double", (0.1, None, nan, inf)),
    Sample("de", "decimal(10,2)", (Decimal("1.50"), None, Decimal("-99999999.99"), Decimal("0.00"))),
    Sample("te", "string", ("text", None, "", "NaN")),
    Sample("da", "date", (date(2024, 2, 29), None, date(1969, 12, 31), date(1, 1, 1))),
    Sample(
        "ts",
        "timestamp",
        (
            datetime(2024, 2, 29, 23, 59, 59, 999999),
            None,
            datetime(1969, 12, 31, 20),
            datetime(2024, 7, 1),
        ),
    ),
    Sample("at", "array<string>", (["a", ""], None, [], ["NaN", None]), in_csv=False),
    Sample("af", "array<double>", ([0.1, 2.0], None, [], [nan, None, inf]), in_csv=False),
    Sample("ai", "array<int>", ([1, 2], None, [], [0, None]), in_csv=False),
    Sample("ad", "array<date>", ([date(2024, 2, 29)], None, [], [None]), in_csv=False),
    Sample("st.a", "struct field", (1.5, None, nan, -1.0), in_csv=False),
    Sample("ve", "vector", ([0.1, 0.0], None, [nan, 1.0], [0.0, 0.0]), in_csv=False),
)


def comparable(value: Any) -> Any:
    """Return a value of an answer in one form: times as ISO text, decimals as floats, vectors and arrays as lists."""
    if type(value).__name__ == "NaTType":
        return None
    if hasattr(value, "toArray"):
        value = value.toArray()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [comparable(item) for item in value]
    return value


def each(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a change of a value, or of each item of a list."""
    return lambda value: [change(item) for item in value] if isinstance(value, list) else change(value)


OUTCOMES: dict[str, Callable[[Any], Any]] = {
    "same": lambda value: value,
    "null is NaN": each(lambda value: nan if value is None else value),
    "null is NaN in arrays": lambda value: (
        [nan if item is None else item for item in value] if isinstance(value, list) else value
    ),
    "NaN is null": each(lambda value: None if isinstance(value, float) and isnan(value) else value),
    "null is 'None'": lambda value: "None" if value is None else value,
    "empty is null": lambda value: None if value == "" else value,
}
"""What may become of values on their way."""


def outcome(expected: list[Any], actual: list[Any]) -> str:
    """Return what became of the values of a type: a key of `OUTCOMES`, or a description of another change."""
    for name, change in OUTCOMES.items():
        if repr([change(value) for value in expected]) == repr(actual):
            return name
    return f"{expected} became {actual}"
