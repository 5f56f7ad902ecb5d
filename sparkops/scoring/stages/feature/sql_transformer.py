"""SQLTransformer: columns from SQL expressions, and a condition that drops rows."""

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
from ...ir.growth import INPUT, MAX_UNITS
from ...sql import literals
from ...sql.display import to_sql
from ...sql.emitter import emit_expression
from ...sql.expression import Expression, expression_from_json, find_referenced_columns
from ...sql.fragment import Fragment
from ...sql.growth import Growth, find_growth, start_budget
from ...sql.runtime.evaluation_error import BudgetSpentError, EvaluationError, make_row_refusal
from ...sql.runtime.sizes import measure
from ...sql.types import parse_decimal_type

_COMPARED = frozenset(("eq", "lt", "le", "gt", "ge", "eqnull", "in"))
_DTYPES: dict[str, Any] = {
    "boolean": bool,
    **dict.fromkeys(INTEGER_RANGES, np.int64),
    **dict.fromkeys(FLOATING_TYPES, np.float64),
}


@dataclass(frozen=True, slots=True)
class Select:
    """params: nodes (an expression). A decimal is held as the double that Spark's stages read."""

    op: str = "select"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the expression; a renamed column needs no code and keeps its metadata."""
        tree = _read_expression(step)
        if tree.op == "column":
            code.columns[step.outputs[0]] = code.columns[_get_only_input(step, tree, code)]
            code.bounds[step.outputs[0]] = code.bounds.get(str(tree.value), INPUT)
            return
        growth = find_growth(tree, code.bounds)
        fragment = _emit_expression(step, tree, growth, code)
        type_ = tree.type
        expr = fragment.expr if parse_decimal_type(type_) is None else _build_float_expr(fragment, code)
        code.bounds[step.outputs[0]] = growth.bound
        fields = [_get_field(code, name) for name in step.inputs]
        field = next((name for name in fields if name), None)
        code.columns[step.outputs[0]] = Scalar(
            _emit_guarded(step, tree, expr, code), type_, fragment.null, fragment.nan, field=field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Evaluate the expression for every row."""
        tree = _read_expression(step)
        if tree.op == "column":
            frame.columns[step.outputs[0]] = frame.columns[tree.value]
            frame.bounds[step.outputs[0]] = frame.bounds.get(str(tree.value), INPUT)
            return
        growth = find_growth(tree, frame.bounds)
        values, failed = evaluate_expression(step, tree, growth, frame)
        frame.refuse(failed)
        frame.bounds[step.outputs[0]] = growth.bound
        frame.columns[step.outputs[0]] = to_column(values, tree.type)


@dataclass(frozen=True, slots=True)
class Where:
    """params: nodes (a boolean expression), invalid ("skip"). A row for which it is false or null is dropped."""

    op: str = "where"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the condition."""
        tree = _read_expression(step)
        if tree.type != "boolean" or step.outputs:
            raise ModelError(f"{step.stage}: its condition is damaged.")
        fragment = _emit_expression(step, tree, find_growth(tree, code.bounds), code)
        holds = _emit_guarded(step, tree, fragment.expr, code)
        refuse = code.bind_constant(_drop_row(step.stage, to_sql(tree)))
        code.add_line(f"if not {holds}: {refuse}()")

    def run(self, step: Step, frame: Frame) -> None:
        """Drop rows."""
        tree = _read_expression(step)
        values, failed = evaluate_expression(step, tree, find_growth(tree, frame.bounds), frame)
        frame.refuse(failed)
        frame.drop(np.array([not value for value in values], dtype=bool))


def _read_expression(step: Step) -> Expression:
    tree = expression_from_json(step.params.get("nodes"), step.stage)
    if not set(find_referenced_columns(tree)) <= set(step.inputs) or len(step.outputs) > 1:
        raise ModelError(f"{step.stage}: its expression reads columns that the step does not.")
    return tree


def _get_only_input(step: Step, tree: Expression, code: CodeWriter) -> str:
    name = step.inputs[0] if step.inputs else ""
    if tree.value != name or len(step.outputs) != 1 or name not in code.columns:
        raise ModelError(f"{step.stage}: its expression is damaged.")
    return name


def _emit_expression(step: Step, tree: Expression, growth: Growth, code: CodeWriter) -> Fragment:
    types = find_referenced_columns(tree)
    fragments = {}
    for name, type_ in types.items():
        column = code.get_scalar(name, step.stage)
        if column.type != type_:
            raise ModelError(f"{step.stage}: column `{name}` is {column.type}, and {type_} is needed.")
        column = code.assign_scalar(column)
        expr = column.expr
        if column.limit is not None and type_ in FLOATING_TYPES:
            expr = code.assign(
                f"float({expr})" if not column.null else f"None if {expr} is None else float({expr})"
            )
        fragments[name] = Fragment(expr, column.null, column.nan and type_ in FLOATING_TYPES, atom=True)
    start_budget(growth, code)
    fragment = emit_expression(tree, fragments, code, step.stage)
    _record_constants(tree, code)
    return fragment


def _record_constants(tree: Expression, code: CodeWriter) -> None:
    """Record the constants that columns are compared with, where the result changes."""
    if tree.op in _COMPARED and tree.args:
        first = tree.args[0]
        _record_constants_of(
            first.args[0] if first.op == "cast" and first.args else first, tree.args[1:], code
        )
    for arg in tree.args:
        if arg.args:
            _record_constants(arg, code)


def _record_constants_of(column: Expression, operands: Sequence[Expression], code: CodeWriter) -> None:
    scalar = code.columns.get(column.value) if column.op == "column" else None
    if not isinstance(scalar, Scalar):
        return
    values = [
        literals.decode_literal(arg.value, arg.type)
        for arg in operands
        if arg.op == "literal" and arg.value is not None
    ]
    if scalar.type == "string" and scalar.field:
        code.known_values.setdefault(scalar.field, tuple(value for value in values if isinstance(value, str)))
    elif scalar.type in NUMERIC_TYPES:
        code.add_boundaries(
            scalar, [float(value) for value in values if isinstance(value, int | float | Decimal)]
        )


def _emit_guarded(step: Step, tree: Expression, expr: str, code: CodeWriter) -> str:
    """Emit the evaluation; return the name of the value. A failure refuses the row, and shows its inputs."""
    names = [name for name in find_referenced_columns(tree) if isinstance(code.columns[name], Scalar)]
    values = [_get_expr(code, name) for name in names]
    refuse = code.bind_constant(
        make_row_refusal(step.stage, to_sql(tree), names, [_get_field(code, name) for name in names])
    )
    error_class, name = code.bind_constant(EvaluationError), code.new_name()
    code.add_line("try:")
    code.add_line(f"    {name} = {expr}")
    code.add_line(f"except {error_class} as error: {refuse}({', '.join(['error', *values])})")
    return name


def _get_expr(code: CodeWriter, name: str) -> str:
    column = code.columns[name]
    return column.expr if isinstance(column, Scalar) else "None"


def _get_field(code: CodeWriter, name: str) -> str | None:
    column = code.columns.get(name)
    return column.field if isinstance(column, Scalar) else None


def _build_float_expr(fragment: Fragment, code: CodeWriter) -> str:
    name = code.new_name()
    return f"(None if ({name} := {fragment.expr}) is None else float({name}))"


def _drop_row(stage: str, text: str) -> Callable[[], Any]:
    from ....errors import RowRejected

    def refuse() -> Any:
        raise RowRejected(f"The model leaves out rows for which `{text}` does not hold ({stage}).")

    return refuse


def evaluate_expression(
    step: Step, tree: Expression, growth: Growth, frame: Frame
) -> tuple[list[Any], Numbers]:
    """Return the value of each row, None for null, and which rows are refused because the evaluation fails."""
    types = find_referenced_columns(tree)
    lists = [to_python_values(frame.get_scalars(name), type_) for name, type_ in types.items()]
    function = _build_function(step, tree, types, growth)
    failed = np.zeros(frame.size, dtype=bool)
    values: list[Any] = []
    rows = zip(*lists, strict=True) if lists else iter([()] * frame.size)
    for index, row in enumerate(rows):
        try:
            values.append(function(row))
        except EvaluationError as error:
            failed[index] = True
            values.append(None)
            if isinstance(error, BudgetSpentError):
                # As much work as the largest answer.
                frame.count_units(MAX_UNITS, step.stage)
        if growth.is_counted:
            frame.count_units(measure(values[-1]), step.stage)
    return values, failed


def _build_function(
    step: Step, tree: Expression, types: dict[str, str], growth: Growth
) -> Callable[[Sequence[Any]], Any]:
    code = CodeWriter()
    names = [code.new_name() for _ in types]
    if names:
        code.add_line(f"{', '.join(names)}, = row")
    fragments = {
        column: Fragment(name, nan=type_ in FLOATING_TYPES, atom=True)
        for name, (column, type_) in zip(names, types.items(), strict=True)
    }
    start_budget(growth, code)
    code.add_line(f"return {emit_expression(tree, fragments, code, step.stage).expr}")
    return code.build_function("value", "row")


def to_python_values(column: ScalarColumn, type_: str) -> list[Any]:
    """Return a column as plain Python values with None for null."""
    values = column.values.astype(np.float64) if type_ in FLOATING_TYPES else column.values
    result: list[Any] = values.tolist()
    if column.null is None:
        return result
    return [None if null else value for value, null in zip(result, column.null.tolist(), strict=True)]


def to_column(values: list[Any], type_: str) -> ScalarColumn:
    """Return plain values as a column of a type."""
    if parse_decimal_type(type_) is not None:
        values = [None if value is None else float(value) for value in values]
    dtype = np.float64 if parse_decimal_type(type_) is not None else _DTYPES.get(type_)
    if dtype is None:
        return ScalarColumn(np.fromiter(values, dtype=object, count=len(values)))
    null = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    if not null.any():
        return ScalarColumn(np.array(values, dtype=dtype))
    return ScalarColumn(np.array([0 if value is None else value for value in values], dtype=dtype), null)
