"""Structs made in a statement, such as `named_struct('x', a).x`: only their fields can be read.

Arrays of arrays made in a statement are flattened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql.expression import Expression, make_expression

from .call import MAX_ARGS, Args, Function, Functions, require_literal_text
from .strings import concat

# The operation does not leave the compiler: a field replaces it.
_STRUCT = "struct"
_NOTE = "only of which fields are read"
TypeItem = Callable[[Any], Expression]


def is_struct(node: Expression) -> bool:
    """Return whether a node is a struct."""
    return node.op == _STRUCT


def contains_struct(node: Expression) -> bool:
    """Return whether a struct is left in a tree, which has no form in the scorer."""
    return is_struct(node) or any(contains_struct(arg) for arg in node.args)


def build_struct(names: Sequence[str], values: Args) -> Expression:
    """Return a struct of named values.

    Raises:
        CannotCompile: Two fields have the same name, in whatever case.
    """
    if len({name.lower() for name in names}) < len(names):
        raise CannotCompile("it makes a struct with the same field twice")
    return make_expression(_STRUCT, _STRUCT, values, tuple(names))


def get_struct_field(struct: Expression, name: str) -> Expression:
    """Return the value of a field; the names of fields are case-insensitive.

    Raises:
        CannotCompile: It is no struct, or has no such field.
    """
    names = [field.lower() for field in struct.value] if is_struct(struct) else []
    if name.lower() not in names:
        raise CannotCompile(f"the field `{name}` of a value of type {struct.type} is not supported")
    return struct.args[names.index(name.lower())]


def type_struct(items: Sequence[Any], type_item: TypeItem) -> Expression:
    """Return `struct(a, b AS c, ...)`: a field has the name of its column, its alias, or `col1` for the first one.

    Args:
        items: The arguments as sqlglot nodes.
        type_item: Returns the typed expression of a node.
    """
    names, values = [], []
    for number, item in enumerate(items, 1):
        kind = type(item).__name__
        is_named = kind in ("Alias", "Column")
        names.append(str(item.alias if kind == "Alias" else item.name) if is_named else f"col{number}")
        values.append(type_item(item.this if kind == "Alias" else item))
    return build_struct(names, values)


def type_flatten(items: Sequence[Any], type_item: TypeItem) -> Expression:
    """Return `flatten(array(a, b))`, which is the concatenation of arrays: null if one of them is null."""
    (outer,) = items
    is_array = type(outer).__name__ == "Anonymous" and str(outer.this).lower() == "array"
    values = [type_item(item) for item in outer.expressions] if is_array else []
    if not values or not all(value.type.startswith("array<") for value in values):
        raise CannotCompile("`flatten` of anything but `array(...)` of arrays is not supported")
    return concat(values)


def _build_named_struct(args: Args) -> Expression:
    if len(args) % 2:
        raise CannotCompile("a struct with a name without a value is not supported")
    return build_struct([require_literal_text(name, "name of a field") for name in args[::2]], args[1::2])


def _refuse(args: Args) -> Expression:  # noqa: ARG001 - its items are typed by `type_struct` and `type_flatten`
    raise CannotCompile("its arguments are not supported")


STRUCTS: Functions = {
    "struct": Function(1, MAX_ARGS, _refuse, _NOTE),
    "named_struct": Function(2, MAX_ARGS, _build_named_struct, _NOTE),
    "flatten": Function(1, 1, _refuse, "of `array(...)` of arrays of one type"),
}
