"""Functions of an array and an expression of its elements: `transform(a, x -> x + 1)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.operators import require_boolean
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.types import is_simple

from .call import Args, Function, Functions, array_element

ResolveColumn = Callable[[Any], Expression]
TypeExpression = Callable[[Any, ResolveColumn], Expression]
_MAX_VARIABLES = 2
_NOTE = "with an expression of the element, and of its index: `(x, i) -> ...`"


def type_higher_order(
    name: str, item: Any, columns: ResolveColumn, type_expression: TypeExpression
) -> Expression:
    """Return the typed call of a function of an array and a lambda.

    Args:
        name: The function.
        item: The call as a sqlglot node.
        columns: Resolves the columns outside of the lambda.
        type_expression: Returns the typed expression of a node.

    Raises:
        CannotCompile: A part of it is not supported.
    """
    if len(item.expressions) != 2 or type(item.expressions[1]).__name__ != "Lambda":  # noqa: PLR2004
        raise CannotCompile(f"`{name}` without an expression of the elements is not supported")
    array, function = type_expression(item.expressions[0], columns), item.expressions[1]
    parameters = [str(parameter.name).lower() for parameter in function.expressions]
    if not 1 <= len(parameters) <= (1 if name in ("exists", "forall") else _MAX_VARIABLES):
        raise CannotCompile(f"`{name}` with {len(parameters)} variables is not supported")
    types = [array_element(array), "integer"]
    depth = columns.depth + 1 if isinstance(columns, _Variables) else 0
    names = [f"{parameter}_{depth}" for parameter in parameters]
    variables = {
        parameter: Expression("variable", type_, value=variable)
        for parameter, type_, variable in zip(parameters, types, names, strict=False)
    }
    body = type_expression(function.this, _Variables(columns, variables, depth))
    return _call(name, array, body, tuple(names))


def _call(name: str, array: Expression, body: Expression, names: tuple[str, ...]) -> Expression:
    if name == "transform":
        if not is_simple(body.type):
            raise CannotCompile(f"an array of {body.type} is not supported")
        return make_expression(name, f"array<{body.type}>", [array, body], names)
    result = array.type if name == "filter" else "boolean"
    return make_expression(name, result, [array, require_boolean(body)], names)


class _Variables:
    """Resolves the variables of a lambda before the columns and variables outside of it."""

    def __init__(self, columns: ResolveColumn, variables: dict[str, Expression], depth: int) -> None:
        self._columns, self._variables, self.depth = columns, variables, depth

    def __call__(self, item: Any) -> Expression:
        """Return the expression of a name."""
        variable = None if item.args.get("table") else self._variables.get(str(item.name).lower())
        return self._columns(item) if variable is None else variable


def _without_lambda(name: str) -> Function:
    def build(args: Args) -> Expression:  # noqa: ARG001
        raise CannotCompile(f"`{name}` without an expression of the elements is not supported")

    return Function(2, 2, build, _NOTE)


HIGHER_ORDER: Functions = {
    name: _without_lambda(name) for name in ("transform", "filter", "exists", "forall")
}
