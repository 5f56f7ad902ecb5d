"""Which rows of a batch break a rule, found column by column, so that only those are looked at one by one.

Rules about numbers are asked by NumPy. Those about one column of anything else are asked once for each different value.
What is left is asked row by row. The answers are the judge's: true, false and unknown, with NaN above all numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..batch.columns import ScalarColumn
from ..ir import conditions
from ..ir.conditions import unquote
from ..ir.field import NUMBERS, Field
from .row_predicate import RowPredicate, compile_rules

Truth = tuple[Any, Any]  # arrays: where a condition holds, and where it fails
Columns = Mapping[str, ScalarColumn]


class VectorizedRules:
    """The rules of a model, sorted by how a batch is asked.

    Args:
        rules: The rules.
        fields: What a row holds.
    """

    def __init__(self, rules: Sequence[conditions.RowRule], fields: Sequence[Field]) -> None:
        known = {field.name: field for field in fields}
        self._numbers: list[conditions.RowRule] = []
        single: dict[str, list[conditions.RowRule]] = {}
        rest: list[conditions.RowRule] = []
        for rule in rules:
            names = sorted(_names(rule)) or [unquote(rule.fields[0])]
            if all(known[name].type in NUMBERS for name in names) and _is_numeric(rule):
                self._numbers.append(rule)
            elif len(names) == 1:
                single.setdefault(names[0], []).append(rule)
            else:
                rest.append(rule)
        self._single = {name: compile_rules(found, [known[name]]) for name, found in single.items()}
        self._rest_names = sorted(set[str]().union(*map(_names, rest)))
        self._rest = compile_rules(rest, [known[name] for name in self._rest_names]) if rest else None

    def violations(self, columns: Columns, size: int) -> np.ndarray[Any, Any]:
        """Return the positions of the rows that break a rule, in their order.

        Args:
            columns: The columns that rules are about, as the scorer reads them.
            size: How many rows there are.
        """
        found = np.zeros(size, dtype=bool)
        with np.errstate(invalid="ignore"):
            for rule in self._numbers:
                found |= _broken(rule, columns)
        for name, asked in self._single.items():
            found |= _by_value(name, columns[name], asked)
        if self._rest is not None:
            cells = [_listed(columns[name]) for name in self._rest_names]
            rows = (dict(zip(self._rest_names, row, strict=True)) for row in zip(*cells, strict=True))
            found |= np.fromiter((bool(self._rest(row)) for row in rows), dtype=bool, count=size)
        return np.flatnonzero(found)


def _names(rule: conditions.RowRule) -> set[str]:
    """Return the columns that a rule asks about."""
    found: set[str] = set()
    open_ = [rule.expects, rule.unless]
    while open_:
        node: Any = open_.pop()
        if isinstance(node, conditions.ColumnRef):
            found.add(unquote(node.name))
        elif isinstance(node, tuple):
            open_ += node
        else:
            open_ += [getattr(node, name) for name in getattr(node, "__dataclass_fields__", ())]
    return found


def _is_numeric(rule: conditions.RowRule) -> bool:
    """Tell whether NumPy can ask a rule about columns of numbers."""
    return _is_plain(rule.expects) and (rule.unless is None or _is_plain(rule.unless))


def _is_plain(node: Any) -> bool:
    match node:
        case conditions.And(parts) | conditions.Or(parts):
            return all(map(_is_plain, parts))
        case conditions.Not(inner):
            return _is_plain(inner)
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


def _broken(rule: conditions.RowRule, columns: Columns) -> Any:
    fails = _truth(rule.expects, columns)[1]
    return fails if rule.unless is None else _truth(rule.unless, columns)[1] & fails


def _truth(node: Any, columns: Columns) -> Truth:
    match node:
        case conditions.Not(inner):
            return _truth(inner, columns)[::-1]
        case conditions.And(parts):
            return _joined(parts, columns, np.logical_and, np.logical_or)
        case conditions.Or(parts):
            return _joined(parts, columns, np.logical_or, np.logical_and)
        case conditions.IsNull(operand):
            known = _known(operand, columns)
            return ~known, known
        case conditions.IsIn(conditions.ColumnRef() as field, values):
            return _among(field, values, columns)
        case _:
            return _compared(node, columns)


def _joined(parts: Sequence[Any], columns: Columns, holding: Any, failing: Any) -> Truth:
    told = [_truth(part, columns) for part in parts]
    empty = holding is np.logical_and
    holds = reduce(holding, (each[0] for each in told), np.bool_(empty))
    return holds, reduce(failing, (each[1] for each in told), np.bool_(not empty))


def _among(field: conditions.ColumnRef, values: Sequence[Any], columns: Columns) -> Truth:
    column = columns[unquote(field.name)]
    given = [value for value in values if value is not None]
    real = column.values.dtype.kind == "f" or any(isinstance(value, float) for value in given)
    kind = np.float64 if real else np.int64
    found, known = np.isin(column.values.astype(kind), np.array(given, dtype=kind)), _known(field, columns)
    return known & found, np.bool_(False) if None in values else known & ~found


def _compared(node: conditions.Compare, columns: Columns) -> Truth:
    left, right = _operand(node.left, columns), _operand(node.right, columns)
    if "f" in (left.dtype.kind, right.dtype.kind):
        left, right = left.astype(np.float64), right.astype(np.float64)
    test = _test(node.op, left, right)
    known = _known(node.left, columns) & _known(node.right, columns)
    return known & test, known & ~test


def _test(op: str, a: Any, b: Any) -> Any:
    """Compare as Spark does: NaN equals itself and is above all else."""
    if op == "==":
        return (a == b) | ((a != a) & (b != b))  # noqa: PLR0124
    if op in (">", ">="):
        return _test(op.replace(">", "<"), b, a)
    if op == "<":
        return (a < b) | ((b != b) & (a == a))  # noqa: PLR0124
    return (a <= b) | (b != b)  # noqa: PLR0124


def _operand(node: Any, columns: Columns) -> Any:
    if isinstance(node, conditions.ColumnRef):
        return columns[unquote(node.name)].values
    return np.asarray(node.value, dtype=np.float64 if isinstance(node.value, float) else np.int64)


def _known(node: Any, columns: Columns) -> Any:
    null = columns[unquote(node.name)].null if isinstance(node, conditions.ColumnRef) else None
    return np.bool_(True) if null is None else ~null


def _by_value(name: str, column: ScalarColumn, asked: RowPredicate) -> Any:
    """Ask rules about one column once for each different value."""
    if column.dictionary is not None:
        words = column.dictionary.dictionary.tolist()
        told = np.fromiter((bool(asked({name: word})) for word in words), dtype=bool, count=len(words))
        return told[column.dictionary.indices]
    values = _listed(column)
    verdicts = {value: bool(asked({name: value})) for value in set(values)}
    return np.fromiter(map(verdicts.__getitem__, values), dtype=bool, count=len(values))


def _listed(column: ScalarColumn) -> list[Any]:
    """Return a column's values as a row would hold them."""
    listed: list[Any] = column.values.tolist()
    if column.null is None:
        return listed
    return [None if null else value for value, null in zip(listed, column.null.tolist(), strict=True)]
