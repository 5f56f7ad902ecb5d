"""A condition on one row as a small tree of values, with SQL's three answers: true, false and unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Comparison = Literal["<", "<=", ">", ">=", "=="]


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """The value of a field.

    Args:
        name: The column as Spark takes it: a path, its dotted parts in backticks.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant: text, number, truth, date, time or None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Length:
    """How many characters the operand has as text."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of the operands, a missing one counted as zero; whole numbers are added without overflow.

    Args:
        operands: What is added.
        whole: For each operand, whether it is a whole number.
    """

    operands: tuple[Operand, ...]
    whole: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; unknown where either side is missing."""

    op: Comparison
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class NullSafeEqual:
    """Equality that knows missing values: two of them are the same."""

    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class IsIn:
    """Whether the operand is one of the values; unknown where it is missing, or not found beside a missing value."""

    operand: Operand
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether the operand is missing."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Matches:
    """Whether a part of the operand matches a regular expression of Java."""

    operand: Operand
    regex: str


@dataclass(frozen=True, slots=True)
class And:
    """Whether all conditions hold; with none, it holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Whether one of the conditions holds; with none, it does not."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    condition: Condition


Operand = ColumnRef | Constant | Length | Sum
Condition = Compare | NullSafeEqual | IsIn | IsNull | Matches | And | Or | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """What an expectation says of one row: it is broken where `expects` is false.

    Args:
        fields: Columns that it is about, as shown when a row breaks it.
        expects: What must not be false.
        unless: Rows that it does not judge: those for which this is true.
        where: Spark SQL, as the author wrote it: only rows for which it is true are looked at at all.
    """

    fields: tuple[str, ...]
    expects: Condition
    unless: Condition | None = None
    where: str | None = None


def unquote(name: str) -> str:
    """Return a column's name without the backticks that Spark takes it in."""
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == "`" else name
