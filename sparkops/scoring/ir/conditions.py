"""Conditions on a row as trees of values, with SQL's three-valued logic: true, false and unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Comparison = Literal["<", "<=", ">", ">=", "=="]


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """The value of a column.

    Args:
        name: The column as Spark takes it: a path, a part with a dot in backticks.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant: text, number, boolean, date, timestamp or None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Length:
    """The number of characters of a text."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of operands, null counted as zero; integers do not overflow.

    Args:
        operands: The summands.
        are_integers: For each operand, whether it is an integer.
    """

    operands: tuple[Operand, ...]
    are_integers: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; unknown where either side is null."""

    op: Comparison
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class NullSafeEqual:
    """Null-safe equality: two nulls are equal."""

    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class IsIn:
    """Membership in a list; unknown where the operand is null, or not found in a list that contains null."""

    operand: Operand
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """The test for null."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Matches:
    """The test whether a part of the operand matches a Java regular expression."""

    operand: Operand
    regex: str


@dataclass(frozen=True, slots=True)
class And:
    """The conjunction of conditions; true for none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """The disjunction of conditions; false for none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The negation; unknown stays unknown."""

    condition: Condition


Operand = ColumnRef | Constant | Length | Sum
Condition = Compare | NullSafeEqual | IsIn | IsNull | Matches | And | Or | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """What an expectation requires of a row: a row violates it where `expects` is false.

    Args:
        fields: Columns shown for a violating row.
        expects: The condition; a row where it is unknown does not violate the rule.
        unless: Rows where this is true are exempt.
        where: Row condition as Spark SQL: only rows where it is true are evaluated.
    """

    fields: tuple[str, ...]
    expects: Condition
    unless: Condition | None = None
    where: str | None = None


def unquote(name: str) -> str:
    """Return a column name without enclosing backticks."""
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == "`" else name


def count_nodes(rule: RowRule) -> int:
    """Return the number of conditions and operands of a rule."""
    count, pending = 0, [rule.expects, rule.unless]
    while pending:
        node: Any = pending.pop()
        if isinstance(node, tuple):
            pending += node
        elif hasattr(node, "__dataclass_fields__"):
            count += 1
            pending += [getattr(node, name) for name in node.__dataclass_fields__]
    return count
