"""An operation of an expression: its type check and its code, and the parts of both that several operations share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ..codegen.code_writer import CodeWriter
from ..ir.field import FLOATING_TYPES, INTEGER_RANGES
from .expression import Expression
from .fragment import Fragment, propagate_nulls
from .runtime import decimals, numeric
from .types import is_numeric, parse_decimal_type

Fragments = Sequence[Fragment]
Emit = Callable[[CodeWriter, Expression, Fragments], Fragment]
Check = Callable[[Expression], bool]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Args:
        accepts: Whether a node has the types and the value that the operation needs.
        emit: Returns the code of a node for the code of its operands.
    """

    accepts: Check
    emit: Emit


def list_argument_types(node: Expression) -> list[str]:
    """Return the types of a node's operands."""
    return [arg.type for arg in node.args]


def make_signature_check(result: str, *types: str) -> Check:
    """Return the check of a result type and operand types."""
    return lambda node: node.type == result and list_argument_types(node) == list(types)


def make_one_type_check(count: int) -> Check:
    """Return the check that a result and its `count` operands are of one numeric type."""

    def accepts(node: Expression) -> bool:
        return (
            len(node.args) == count
            and is_numeric(node.type)
            and set(list_argument_types(node)) == {node.type}
        )

    return accepts


def make_function_operation(
    function: Callable[..., Any], result: str, *types: str, null: bool = False
) -> Operation:
    """Return the operation that calls a function of these types.

    Args:
        function: The function; it is called for values other than null.
        result: Type of the result.
        types: Types of the operands.
        null: Whether it may return None.
    """

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        return emit_call(code, operands, function, null=null, nan=result in FLOATING_TYPES)

    return Operation(make_signature_check(result, *types), emit)


def make_valued_operation(
    make: Callable[..., Callable[..., Any]], result: str, *types: str, null: bool = False
) -> Operation:
    """Return the operation whose function is made from the node's value: a pattern, a unit, the session's time zone.

    Args:
        make: Takes the items of the value and returns the function; what it raises makes the node invalid.
        result: Type of the result.
        types: Types of the operands.
        null: Whether the function may return None.
    """
    has_types = make_signature_check(result, *types)

    def accepts(node: Expression) -> bool:
        return has_types(node) and isinstance(node.value, list) and callable(make(*node.value))

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        return emit_call(code, operands, make(*node.value), null=null, nan=result in FLOATING_TYPES)

    return Operation(accepts, emit)


def combine_signatures(*operations: Operation) -> Operation:
    """Return the operation of several signatures."""

    def choose(node: Expression) -> Operation | None:
        return next((operation for operation in operations if operation.accepts(node)), None)

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        operation = choose(node)
        assert operation is not None
        return operation.emit(code, node, operands)

    return Operation(lambda node: choose(node) is not None, emit)


def build_range_check_expr(code: CodeWriter, type_: str, expr: str) -> str:
    """Return the text of an integer expression that raises outside the range of its type."""
    limit, name = INTEGER_RANGES[type_], code.new_name()
    overflow = code.bind_constant(numeric.make_overflow_refusal(type_))
    return f"({name} if {-limit} <= ({name} := {expr}) < {limit} else {overflow}({name}))"


def emit_call(
    code: CodeWriter,
    operands: Fragments,
    function: Callable[..., Any],
    *,
    null: bool = False,
    nan: bool = True,
    backwards: bool = False,
) -> Fragment:
    """Return the call of a function, None where an operand is None.

    Args:
        code: Makes names.
        operands: The arguments.
        function: The function.
        null: Whether it may return None for arguments that are not None.
        nan: Whether it may return NaN.
        backwards: The last operand is evaluated first, as Spark does in divisions.
    """
    name = code.bind_constant(function)
    call = propagate_nulls(
        code, operands, lambda *args: f"{name}({', '.join(args)})", nan=nan, backwards=backwards
    )
    return replace(call, null=call.null or null)


def emit_decimal_call(
    code: CodeWriter,
    node: Expression,
    operands: Fragments,
    function: Callable[..., Any],
    *,
    backwards: bool = False,
) -> Fragment | None:
    """Return the call of a function whose result is rounded to the node's decimal type; None for another type."""
    digits = parse_decimal_type(node.type)
    if digits is None:
        return None
    fitted = partial(_call_and_fit, function, decimals.make_fit_function(*digits))
    return emit_call(code, operands, fitted, nan=False, backwards=backwards)


def _call_and_fit(function: Callable[..., Any], fit: Callable[[Any], Any], *values: Any) -> Any:
    return fit(function(*values))
