"""Functions of arrays and an expression of their elements: `transform(a, x -> x + 1)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.operators import require_boolean
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.types import is_simple

from .call import Args, Function, Functions, require_element_type

ResolveColumn = Callable[[Any], Expression]
TypeExpression = Callable[[Any, ResolveColumn], Expression]
_NOTE = "with an expression of the element, and of its index: `(x, i) -> ...`"
_AGGREGATE_NOTE = "the accumulator is one value, no struct, and keeps its type"


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a higher-order function.

    Args:
        name: The function.
        items: Its arguments as sqlglot nodes.
        columns: Resolves the columns outside of the lambda.
        type_expression: Returns the typed expression of a node.
    """

    name: str
    items: Sequence[Any]
    columns: ResolveColumn
    type_expression: TypeExpression

    def type_value(self, position: int) -> Expression:
        """Return the typed expression of an argument that is not a lambda."""
        return self.type_expression(self.items[position], self.columns)

    def type_body(
        self, position: int, types: Sequence[str], *, min_count: int = 0, suffix: str = ""
    ) -> tuple[Expression, tuple[str, ...]]:
        """Return the expression of a lambda and the names of its variables.

        Args:
            position: Position of the lambda.
            types: Types of the variables that it may have.
            min_count: Smallest number of variables; 0 if it needs all of them.
            suffix: Distinguishes the variables from those of another lambda of the call.
        """
        function: Any = self.items[position] if position < len(self.items) else None
        if type(function).__name__ != "Lambda":
            raise CannotCompile(f"`{self.name}` without an expression of the elements is not supported")
        parameters = [str(parameter.name).lower() for parameter in function.expressions]
        if not (min_count or len(types)) <= len(parameters) <= len(types):
            raise CannotCompile(f"`{self.name}` with {len(parameters)} variables is not supported")
        # Parameters of nested lambdas may have the same name, but their variables may not.
        depth = self.columns.depth + 1 if isinstance(self.columns, _Variables) else 0
        names = tuple(f"{parameter}_{depth}{suffix}" for parameter in parameters)
        variables = {
            parameter: Expression("variable", type_, value=variable)
            for parameter, type_, variable in zip(parameters, types, names, strict=False)
        }
        return self.type_expression(function.this, _Variables(self.columns, variables, depth)), names


def type_higher_order(
    name: str, items: Sequence[Any], columns: ResolveColumn, type_expression: TypeExpression
) -> Expression:
    """Return the typed call of a function of arrays and a lambda.

    Args:
        name: The function.
        items: Its arguments as sqlglot nodes.
        columns: Resolves the columns outside of the lambda.
        type_expression: Returns the typed expression of a node.

    Raises:
        CannotCompile: A part of it is not supported.
    """
    function = HIGHER_ORDER[name]
    if not function.min_args <= len(items) <= function.max_args:
        raise CannotCompile(f"`{name}` of {len(items)} arguments is not supported")
    return _RULES[name](_Call(name, items, columns, type_expression))


def _build_loop(call: _Call) -> Expression:
    array = call.type_value(0)
    types = [require_element_type(array), "integer"]
    body, names = call.type_body(1, types[: 1 if call.name in ("exists", "forall") else 2], min_count=1)
    if call.name == "transform":
        return make_expression("transform", _find_array_type(body), [array, body], names)
    result = array.type if call.name == "filter" else "boolean"
    return make_expression(call.name, result, [array, require_boolean(body)], names)


def _find_array_type(body: Expression) -> str:
    if not is_simple(body.type):
        raise CannotCompile(f"an array of {body.type} is not supported")
    return f"array<{body.type}>"


def _build_zip_with(call: _Call) -> Expression:
    arrays = [call.type_value(0), call.type_value(1)]
    body, names = call.type_body(2, [require_element_type(array) for array in arrays])
    return make_expression("zip_with", _find_array_type(body), [*arrays, body], names)


def _build_aggregate(call: _Call) -> Expression:
    """Return `aggregate(array, first, (accumulator, element) -> ..., accumulator -> ...)`."""
    array, zero = call.type_value(0), call.type_value(1)
    merge, names = call.type_body(2, [zero.type, require_element_type(array)])
    if merge.type != zero.type or not is_simple(zero.type):
        raise CannotCompile(
            f"`{call.name}` of {zero.type} with an expression of {merge.type} is not supported"
        )
    if len(call.items) < 4:  # noqa: PLR2004
        return make_expression("aggregate", zero.type, [array, zero, merge], names)
    finish, more = call.type_body(3, [zero.type], suffix="_last")
    if not is_simple(finish.type):
        raise CannotCompile(f"`{call.name}` with a result of type {finish.type} is not supported")
    return make_expression("aggregate", finish.type, [array, zero, merge, finish], (*names, *more))


class _Variables:
    """Resolves the variables of a lambda before the columns and variables outside of it."""

    def __init__(self, columns: ResolveColumn, variables: dict[str, Expression], depth: int) -> None:
        self._columns, self._variables, self.depth = columns, variables, depth

    def __call__(self, item: Any) -> Expression:
        """Return the expression of a name."""
        variable = None if item.args.get("table") else self._variables.get(str(item.name).lower())
        return self._columns(item) if variable is None else variable


def sort_by(items: Sequence[Any], columns: ResolveColumn, type_expression: TypeExpression) -> Expression:
    """Return `array_sort(array, (left, right) -> ...)`."""
    call = _Call("array_sort", items, columns, type_expression)
    array = call.type_value(0)
    body, names = call.type_body(1, [require_element_type(array)] * 2)
    if body.type != "integer":
        raise CannotCompile(f"`array_sort` with a comparison of type {body.type} is not supported")
    return make_expression("array_sort_by", array.type, [array, body], names)


def _make_function(name: str, max_args: int, note: str = "") -> Function:
    """Return the entry of a function for the list of functions; `type_higher_order` types its calls with a lambda."""

    def build(args: Args) -> Expression:  # noqa: ARG001
        raise CannotCompile(f"`{name}` without an expression of the elements is not supported")

    return Function(min(max_args, 3), max_args, build, note)


_RULES: Mapping[str, Callable[[_Call], Expression]] = {
    **dict.fromkeys(("transform", "filter", "exists", "forall"), _build_loop),
    "zip_with": _build_zip_with,
    "aggregate": _build_aggregate,
    "reduce": _build_aggregate,
}
HIGHER_ORDER: Functions = {
    **{name: _make_function(name, 2, _NOTE) for name in ("transform", "filter")},
    **{
        name: _make_function(name, 2, "with an expression of the element: `x -> ...`")
        for name in ("exists", "forall")
    },
    "zip_with": _make_function("zip_with", 3),
    "aggregate": _make_function("aggregate", 4, _AGGREGATE_NOTE),
    "reduce": _make_function("reduce", 4, _AGGREGATE_NOTE),
}
