"""A column made by an expression of SQL, and rows dropped by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from ....errors import ModelError
from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.field import FLOATING_TYPES, INTEGER_RANGES, NUMERIC_TYPES
from ...sql import literals
from ...sql.display import to_sql
from ...sql.emitter import emit_expression
from ...sql.expression import Expression, expression_from_json, referenced_columns
from ...sql.fragment import Fragment
from ...sql.runtime.evaluation_error import EvaluationError, refuse_row
from ...sql.types import decimal_of

_COMPARED = frozenset(("eq", "lt", "le", "gt", "ge", "eqnull", "in"))
_KINDS: dict[str, Any] = {
    "boolean": bool,
    **dict.fromkeys(INTEGER_RANGES, np.int64),
    **dict.fromkeys(FLOATING_TYPES, np.float64),
}


@dataclass(frozen=True, slots=True)
class Select:
    """params: nodes. A decimal is held as the double that Spark's stages read it as."""

    op: str = "select"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write the expression; one that is only a column hands that on, with its metadata."""
        tree = _tree(step)
        if tree.op == "column":
            code.columns[step.outputs[0]] = code.columns[_only_input(step, tree, code)]
            return
        made = _write(step, tree, code)
        kind = tree.type
        expr = made.expr if decimal_of(kind) is None else _float(made, code)
        fields = [_field(code, name) for name in step.inputs]
        field = next((name for name in fields if name), None)
        code.columns[step.outputs[0]] = Scalar(
            _guarded(step, tree, expr, code), kind, made.null, made.nan, field=field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Work the expression out for every row."""
        tree = _tree(step)
        if tree.op == "column":
            frame.columns[step.outputs[0]] = frame.columns[tree.value]
            return
        values, bad = rows_of(step, tree, frame)
        frame.refuse(bad)
        frame.columns[step.outputs[0]] = _column(values, tree.type)


@dataclass(frozen=True, slots=True)
class Where:
    """params: nodes, of a boolean; invalid is "skip": a row for which it is false or null is dropped."""

    op: str = "where"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write the condition."""
        tree = _tree(step)
        if tree.type != "boolean" or step.outputs:
            raise ModelError(f"{step.stage}: its condition is damaged.")
        held = _guarded(step, tree, _write(step, tree, code).expr, code)
        problem = code.constant(_dropped(step.stage, to_sql(tree)))
        code.line(f"if not {held}: {problem}()")

    def run(self, step: Step, frame: Frame) -> None:
        """Drop rows."""
        values, bad = rows_of(step, _tree(step), frame)
        frame.refuse(bad)
        frame.drop(np.array([not value for value in values], dtype=bool))


def _tree(step: Step) -> Expression:
    tree = expression_from_json(step.params.get("nodes"), step.stage)
    if not set(referenced_columns(tree)) <= set(step.inputs) or len(step.outputs) > 1:
        raise ModelError(f"{step.stage}: its expression reads columns that the step does not.")
    return tree


def _only_input(step: Step, tree: Expression, code: CodeWriter) -> str:
    name = step.inputs[0] if step.inputs else ""
    if tree.value != name or len(step.outputs) != 1 or name not in code.columns:
        raise ModelError(f"{step.stage}: its expression is damaged.")
    return name


def _write(step: Step, tree: Expression, code: CodeWriter) -> Fragment:
    kinds = referenced_columns(tree)
    pieces = {}
    for name, kind in kinds.items():
        column = code.scalar(name, step.stage)
        if column.type != kind:
            raise ModelError(f"{step.stage}: column `{name}` is {column.type}, and {kind} is needed.")
        column = code.atom(column)
        expr = column.expr
        if column.limit is not None and kind in FLOATING_TYPES:
            expr = code.local(
                f"float({expr})" if not column.null else f"None if {expr} is None else float({expr})"
            )
        pieces[name] = Fragment(expr, column.null, column.nan and kind in FLOATING_TYPES, atom=True)
    made = emit_expression(tree, pieces, code, step.stage)
    _remember(tree, code)
    return made


def _remember(tree: Expression, code: CodeWriter) -> None:
    """Keep the constants that columns are compared with: there the answer changes."""
    if tree.op in _COMPARED and tree.args:
        first = tree.args[0]
        _remember_one(first.args[0] if first.op == "cast" and first.args else first, tree.args[1:], code)
    for arg in tree.args:
        if arg.args:
            _remember(arg, code)


def _remember_one(column: Expression, others: Sequence[Expression], code: CodeWriter) -> None:
    scalar = code.columns.get(column.value) if column.op == "column" else None
    if not isinstance(scalar, Scalar):
        return
    values = [
        literals.decode_literal(arg.value, arg.type)
        for arg in others
        if arg.op == "literal" and arg.value is not None
    ]
    if scalar.type == "string" and scalar.field:
        code.known_values.setdefault(scalar.field, tuple(value for value in values if isinstance(value, str)))
    elif scalar.type in NUMERIC_TYPES:
        code.add_boundaries(
            scalar, [float(value) for value in values if isinstance(value, int | float | Decimal)]
        )


def _guarded(step: Step, tree: Expression, expr: str, code: CodeWriter) -> str:
    """Return the name of the value; a fault on the way refuses the row, and shows what it read."""
    names = [name for name in referenced_columns(tree) if isinstance(code.columns[name], Scalar)]
    values = [_expr(code, name) for name in names]
    problem = code.constant(
        refuse_row(step.stage, to_sql(tree), names, [_field(code, name) for name in names])
    )
    fault, name = code.constant(EvaluationError), code.new_name()
    code.line("try:")
    code.line(f"    {name} = {expr}")
    code.line(f"except {fault} as fault: {problem}({', '.join(['fault', *values])})")
    return name


def _expr(code: CodeWriter, name: str) -> str:
    column = code.columns[name]
    return column.expr if isinstance(column, Scalar) else "None"


def _field(code: CodeWriter, name: str) -> str | None:
    column = code.columns.get(name)
    return column.field if isinstance(column, Scalar) else None


def _float(made: Fragment, code: CodeWriter) -> str:
    name = code.new_name()
    return f"(None if ({name} := {made.expr}) is None else float({name}))"


def _dropped(stage: str, text: str) -> Callable[[], Any]:
    from ....errors import RowRejected

    def problem() -> Any:
        raise RowRejected(f"The model leaves out rows for which `{text}` does not hold ({stage}).")

    return problem


def rows_of(step: Step, tree: Expression, frame: Frame) -> tuple[list[Any], Numbers]:
    """Return the value of each row, None where it has none, and where a fault refuses the row."""
    kinds = referenced_columns(tree)
    lists = [_values(frame.scalars(name), kind) for name, kind in kinds.items()]
    function = _function(step, tree, kinds)
    bad = np.zeros(frame.size, dtype=bool)
    values: list[Any] = []
    rows = zip(*lists, strict=True) if lists else iter([()] * frame.size)
    for at, row in enumerate(rows):
        try:
            values.append(function(row))
        except EvaluationError:
            bad[at] = True
            values.append(None)
    return values, bad


def _function(step: Step, tree: Expression, kinds: dict[str, str]) -> Callable[[Sequence[Any]], Any]:
    code = CodeWriter()
    names = [code.new_name() for _ in kinds]
    if names:
        code.line(f"{', '.join(names)}, = row")
    pieces = {
        column: Fragment(name, nan=kind in FLOATING_TYPES, atom=True)
        for name, (column, kind) in zip(names, kinds.items(), strict=True)
    }
    code.line(f"return {emit_expression(tree, pieces, code, step.stage).expr}")
    return code.build_function("value", "row")


def _values(column: ScalarColumn, kind: str) -> list[Any]:
    """Return a column as plain Python values with None for null."""
    values = column.values.astype(np.float64) if kind in FLOATING_TYPES else column.values
    listed: list[Any] = values.tolist()
    if column.null is None:
        return listed
    return [None if null else value for value, null in zip(listed, column.null.tolist(), strict=True)]


def _column(values: list[Any], kind: str) -> ScalarColumn:
    """Return plain values as a column of a type."""
    if decimal_of(kind) is not None:
        values = [None if value is None else float(value) for value in values]
    dtype = np.float64 if decimal_of(kind) is not None else _KINDS.get(kind)
    if dtype is None:
        return ScalarColumn(np.fromiter(values, dtype=object, count=len(values)))
    null = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    if not null.any():
        return ScalarColumn(np.array(values, dtype=dtype))
    return ScalarColumn(np.array([0 if value is None else value for value in values], dtype=dtype), null)
