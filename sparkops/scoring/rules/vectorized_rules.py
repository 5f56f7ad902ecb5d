"""Evaluation of rules on a batch, column by column, to find the rows that violate one.

Rules on numbers are evaluated by NumPy. Rules on one column of another type are evaluated once for each distinct value.
The other rules are evaluated row by row. The results are those of the compiled row predicate: three-valued logic, with
NaN as the largest number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..batch.columns import ScalarColumn
from ..ir import conditions
from ..ir.conditions import unquote
from ..ir.field import NUMERIC_TYPES, Field
from .row_predicate import RowPredicate, compile_rules

# Two masks: where a condition is true, and where it is false.
Truth = tuple[Any, Any]
Columns = Mapping[str, ScalarColumn]


class VectorizedRules:
    """The rules of a model, grouped by how they are evaluated on a batch.

    Args:
        rules: The rules.
        fields: Fields of a row.
    """

    def __init__(self, rules: Sequence[conditions.RowRule], fields: Sequence[Field]) -> None:
        by_name = {field.name: field for field in fields}
        self._numeric: list[conditions.RowRule] = []
        by_column: dict[str, list[conditions.RowRule]] = {}
        rest: list[conditions.RowRule] = []
        for rule in rules:
            # A rule that reads no column is evaluated with any of its fields.
            names = sorted(_find_column_names(rule)) or [unquote(rule.fields[0])]
            if all(by_name[name].type in NUMERIC_TYPES for name in names) and _is_numeric(rule):
                self._numeric.append(rule)
            elif len(names) == 1:
                by_column.setdefault(names[0], []).append(rule)
            else:
                rest.append(rule)
        self._by_column = {name: compile_rules(group, [by_name[name]]) for name, group in by_column.items()}
        self._rest_names = sorted(set[str]().union(*map(_find_column_names, rest)))
        self._rest = compile_rules(rest, [by_name[name] for name in self._rest_names]) if rest else None

    def find_violations(self, columns: Columns, size: int) -> np.ndarray[Any, Any]:
        """Return the positions of the violating rows, in order.

        Args:
            columns: The columns of the rules, in the types of their fields.
            size: Number of rows.
        """
        violating = np.zeros(size, dtype=bool)
        with np.errstate(invalid="ignore"):
            for rule in self._numeric:
                violating |= _evaluate_rule(rule, columns)
        for name, predicate in self._by_column.items():
            violating |= _evaluate_distinct(name, columns[name], predicate)
        if self._rest is not None:
            cells = [_to_row_values(columns[name]) for name in self._rest_names]
            rows = (dict(zip(self._rest_names, row, strict=True)) for row in zip(*cells, strict=True))
            violating |= np.fromiter((bool(self._rest(row)) for row in rows), dtype=bool, count=size)
        return np.flatnonzero(violating)


def _find_column_names(rule: conditions.RowRule) -> set[str]:
    """Return the names of the columns that a rule reads."""
    names: set[str] = set()
    pending = [rule.expects, rule.unless]
    while pending:
        node: Any = pending.pop()
        if isinstance(node, conditions.ColumnRef):
            names.add(unquote(node.name))
        elif isinstance(node, tuple):
            pending += node
        else:
            pending += [getattr(node, name) for name in getattr(node, "__dataclass_fields__", ())]
    return names


def _is_numeric(rule: conditions.RowRule) -> bool:
    """Return whether NumPy can evaluate a rule, if its columns are numbers."""
    return _is_numeric_condition(rule.expects) and (rule.unless is None or _is_numeric_condition(rule.unless))


def _is_numeric_condition(node: Any) -> bool:
    match node:
        case conditions.And(parts) | conditions.Or(parts):
            return all(map(_is_numeric_condition, parts))
        case conditions.Not(inner):
            return _is_numeric_condition(inner)
        case conditions.IsNull(conditions.ColumnRef()):
            return True
        case conditions.IsIn(conditions.ColumnRef(), values):
            return all(_is_number(value) or value is None for value in values)
        case conditions.Compare(_, left, right):
            return all(
                isinstance(side, conditions.ColumnRef)
                or (isinstance(side, conditions.Constant) and _is_number(side.value))
                for side in (left, right)
            )
        case _:
            return False


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _evaluate_rule(rule: conditions.RowRule, columns: Columns) -> Any:
    """Return the mask of the rows that violate a rule."""
    is_false = _evaluate_condition(rule.expects, columns)[1]
    return is_false if rule.unless is None else _evaluate_condition(rule.unless, columns)[1] & is_false


def _evaluate_condition(node: Any, columns: Columns) -> Truth:
    match node:
        case conditions.Not(inner):
            return _evaluate_condition(inner, columns)[::-1]
        case conditions.And(parts):
            return _evaluate_and(parts, columns)
        case conditions.Or(parts):
            # By De Morgan: a or b is not (not a and not b).
            return _evaluate_and([conditions.Not(part) for part in parts], columns)[::-1]
        case conditions.IsNull(operand):
            not_null = _find_not_null(operand, columns)
            return ~not_null, not_null
        case conditions.IsIn(conditions.ColumnRef() as field, values):
            return _evaluate_membership(field, values, columns)
        case _:
            return _compare(node, columns)


def _evaluate_and(parts: Sequence[Any], columns: Columns) -> Truth:
    truths = [_evaluate_condition(part, columns) for part in parts]
    is_true = reduce(np.logical_and, (truth[0] for truth in truths), np.bool_(True))
    return is_true, reduce(np.logical_or, (truth[1] for truth in truths), np.bool_(False))


def _evaluate_membership(field: conditions.ColumnRef, values: Sequence[Any], columns: Columns) -> Truth:
    column = columns[unquote(field.name)]
    constants = [value for value in values if value is not None]
    is_floating = column.values.dtype.kind == "f" or any(isinstance(value, float) for value in constants)
    dtype = np.float64 if is_floating else np.int64
    is_member = np.isin(column.values.astype(dtype), np.array(constants, dtype=dtype))
    not_null = _find_not_null(field, columns)
    return not_null & is_member, np.bool_(False) if None in values else not_null & ~is_member


def _compare(node: conditions.Compare, columns: Columns) -> Truth:
    left, right = _evaluate_operand(node.left, columns), _evaluate_operand(node.right, columns)
    if "f" in (left.dtype.kind, right.dtype.kind):
        left, right = left.astype(np.float64), right.astype(np.float64)
    test = _compare_arrays(node.op, left, right)
    not_null = _find_not_null(node.left, columns) & _find_not_null(node.right, columns)
    return not_null & test, not_null & ~test


def _compare_arrays(op: str, a: Any, b: Any) -> Any:
    """Compare as in Spark: NaN equals NaN and is the largest number."""
    if op == "==":
        return (a == b) | ((a != a) & (b != b))  # noqa: PLR0124
    if op in (">", ">="):
        return _compare_arrays(op.replace(">", "<"), b, a)
    if op == "<":
        return (a < b) | ((b != b) & (a == a))  # noqa: PLR0124
    return (a <= b) | (b != b)  # noqa: PLR0124


def _evaluate_operand(node: Any, columns: Columns) -> Any:
    if isinstance(node, conditions.ColumnRef):
        return columns[unquote(node.name)].values
    return np.asarray(node.value, dtype=np.float64 if isinstance(node.value, float) else np.int64)


def _find_not_null(node: Any, columns: Columns) -> Any:
    null = columns[unquote(node.name)].null if isinstance(node, conditions.ColumnRef) else None
    return np.bool_(True) if null is None else ~null


def _evaluate_distinct(name: str, column: ScalarColumn, predicate: RowPredicate) -> Any:
    """Return the mask of violating rows of rules on one column, evaluated once for each distinct value."""
    if column.dictionary is not None:
        texts = column.dictionary.dictionary.tolist()
        by_text = np.fromiter((bool(predicate({name: text})) for text in texts), dtype=bool, count=len(texts))
        return by_text[column.dictionary.indices]
    values = _to_row_values(column)
    by_value = {value: bool(predicate({name: value})) for value in set(values)}
    return np.fromiter(map(by_value.__getitem__, values), dtype=bool, count=len(values))


def _to_row_values(column: ScalarColumn) -> list[Any]:
    """Return the values of a column as rows contain them."""
    values: list[Any] = column.values.tolist()
    if column.null is None:
        return values
    return [None if null else value for value, null in zip(values, column.null.tolist(), strict=True)]
