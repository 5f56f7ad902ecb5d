"""Code generation for expressions: a checked tree becomes Python text over named columns."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import ModelError, as_clause
from ..codegen.code_writer import CodeWriter, format_float
from . import literals
from .arithmetic import ARITHMETIC
from .array_functions import ARRAY_FUNCTIONS
from .bounded_functions import BOUNDED, count_result
from .comparison import COMPARISONS
from .conditional import CONDITIONALS
from .conversions import CONVERSIONS
from .date_functions import DATE_FUNCTIONS
from .expression import Expression
from .fragment import Fragment
from .higher_order import HIGHER_ORDER, emit_higher_order, format_variable_key
from .math_functions import MATH_FUNCTIONS
from .operation import Operation
from .runtime.date_patterns import UnsupportedPattern
from .runtime.evaluation_error import EvaluationError
from .string_functions import STRING_FUNCTIONS
from .types import is_floating, is_integral, parse_element_type

_OPERATIONS: Mapping[str, Operation] = {
    **ARITHMETIC, **COMPARISONS, **CONDITIONALS, **CONVERSIONS, **MATH_FUNCTIONS, **STRING_FUNCTIONS, **DATE_FUNCTIONS,
    **ARRAY_FUNCTIONS,
}  # fmt: skip


def emit_expression(
    node: Expression, columns: Mapping[str, Fragment], code: CodeWriter, stage: str
) -> Fragment:
    """Return the code of an expression.

    Args:
        node: Root of the expression.
        columns: Code of the columns that it reads, by name.
        code: Binds constants.
        stage: The Spark stage, for messages.

    Raises:
        ModelError: An operation is unknown, or does not accept the types of its operands.
    """
    if node.op == "column":
        if node.value not in columns or node.args:
            raise ModelError(f"{stage}: its expression reads an unknown column, {node.value!r}.")
        return columns[node.value]
    if node.op == "literal":
        return _emit_literal(node, code, stage)
    if node.op == "variable":
        fragment = columns.get(format_variable_key(str(node.value)))
        if fragment is None or node.args:
            raise ModelError(f"{stage}: its expression reads an unknown variable, {node.value!r}.")
        return fragment
    if node.op in HIGHER_ORDER:
        return emit_higher_order(node, columns, code, stage, emit_expression)
    fragment = _emit_operation(node, columns, code, stage)
    is_sized = node.type == "string" or parse_element_type(node.type) is not None
    return count_result(code, fragment) if code.budget and is_sized else fragment


def _emit_operation(
    node: Expression, columns: Mapping[str, Fragment], code: CodeWriter, stage: str
) -> Fragment:
    operation = _OPERATIONS.get(node.op)
    if operation is None:
        raise ModelError(f"{stage}: this version of sparkops does not know the operation `{node.op}`.")
    operands = [emit_expression(arg, columns, code, stage) for arg in node.args]
    if not _accepts(operation, node):
        types = ", ".join(arg.type for arg in node.args)
        raise ModelError(f"{stage}: operation `{node.op}` does not convert ({types}) to {node.type}.")
    emit = BOUNDED.get(node.op, operation.emit) if code.budget else operation.emit
    return emit(code, node, operands)


def _accepts(operation: Operation, node: Expression) -> bool:
    try:
        return operation.accepts(node)
    except (TypeError, ValueError, IndexError, ModelError, UnsupportedPattern, EvaluationError):
        return False


def _emit_literal(node: Expression, code: CodeWriter, stage: str) -> Fragment:
    try:
        value = literals.decode_literal(node.value, node.type)
    except ValueError as error:
        raise ModelError(
            f"{stage}: its expression contains a damaged constant: {as_clause(error)}."
        ) from None
    if value is None or isinstance(value, bool):
        return Fragment(repr(value), null=value is None, nan=False, atom=True)
    if is_integral(node.type):
        return Fragment(f"({value!r})" if value < 0 else repr(value), null=False, nan=False, atom=True)
    if is_floating(node.type):
        return Fragment(format_float(value), null=False, nan=value != value, atom=True)  # noqa: PLR0124
    return Fragment(code.bind_constant(value), null=False, nan=False, atom=True)
