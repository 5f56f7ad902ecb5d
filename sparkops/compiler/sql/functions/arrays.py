"""Functions of arrays of simple values."""

from __future__ import annotations

from functools import partial

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import VOID, cast, coerce_all, literal, reduce_types
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.types import is_simple

from .call import MAX_ARGS, Args, Function, Functions, cast_argument, require_element_type
from .maps import count_keys, is_map, look_up_key, with_maps

_INTEGER = "integer"
_ARRAY = "array<T>"


def _build_array(args: Args) -> Expression:
    values = coerce_all(args)
    if not is_simple(values[0].type):
        raise CannotCompile(f"an array of {values[0].type} is not supported")
    return make_expression("array", f"array<{values[0].type}>", values)


def _make_array_function(op: str, result: str, *more: str) -> Function:
    """Return the function of an array and arguments of fixed types; `T` is the type of the elements."""

    def build(args: Args) -> Expression:
        element = require_element_type(args[0])
        rest = [cast_argument(arg, type_) for arg, type_ in zip(args[1:], more, strict=True)]
        return make_expression(op, result.replace("T", element), [args[0], *rest])

    return Function(1 + len(more), 1 + len(more), build)


def _find_common_type(op: str, array: Expression, value: Expression) -> str:
    """Return the wider of the types of an array's elements and of a value.

    Raises:
        CannotCompile: One is text, and the other is not.
    """
    element = require_element_type(array)
    if "string" in (element, value.type) and element != value.type != VOID:
        raise CannotCompile(f"`{op}` of {array.type} and {value.type} is not supported")
    return element if value.type == VOID else reduce_types([element, value.type])


def _make_value_function(op: str, result: str) -> Function:
    """Return the function of an array and a value; both are cast to the wider of their types."""

    def build(args: Args) -> Expression:
        array, value = args
        type_ = _find_common_type(op, array, value)
        operands = [cast(array, f"array<{type_}>"), cast(value, type_)]
        return make_expression(op, result.replace("T", type_), operands)

    return Function(2, 2, build)


def _build_from_two_arrays(op: str, result: str, args: Args) -> Expression:
    """Return the call of a function of two arrays; both are cast to the wider of their types."""
    elements = [require_element_type(arg) for arg in args]
    type_ = reduce_types(elements)
    if "string" in elements and len(set(elements)) > 1:
        raise CannotCompile(f"`{op}` of {args[0].type} and {args[1].type} is not supported")
    operands = [cast(arg, f"array<{type_}>") for arg in args]
    return make_expression(op, result.replace("T", type_), operands)


def build_item(array: Expression, index: Expression) -> Expression:
    """Return `array[index]`, counted from 0, or `map[key]`."""
    if is_map(array):
        return look_up_key(array, index)
    return make_expression("item", require_element_type(array), [array, cast_argument(index, _INTEGER)])


def _build_map_element(args: Args) -> Expression:
    return look_up_key(args[0], args[1], is_lazy=False)


def _build_insert(args: Args) -> Expression:
    array, index, value = args
    type_ = _find_common_type("array_insert", array, value)
    operands = [cast(array, f"array<{type_}>"), cast_argument(index, _INTEGER), cast(value, type_)]
    return make_expression("array_insert", f"array<{type_}>", operands)


def _build_sort_array(args: Args) -> Expression:
    require_element_type(args[0])
    ascending = args[1] if len(args) > 1 else literal(True, "boolean")
    return make_expression("sort_array", args[0].type, [args[0], cast(ascending, "boolean")])


def _build_join(args: Args) -> Expression:
    require_element_type(args[0])
    op = "array_join" if len(args) == 2 else "array_join_nulls"  # noqa: PLR2004
    operands = [cast(args[0], "array<string>"), *(cast(arg, "string") for arg in args[1:])]
    return make_expression(op, "string", operands)


def _build_repeat(args: Args) -> Expression:
    value, count = args
    if not is_simple(value.type):
        raise CannotCompile(f"an array of {value.type} is not supported")
    return make_expression("array_repeat", f"array<{value.type}>", [value, cast_argument(count, _INTEGER)])


def _build_sequence(args: Args) -> Expression:
    values = coerce_all(args)
    if values[0].type not in ("byte", "short", "integer", "long"):
        raise CannotCompile(f"a sequence of {values[0].type} is not supported")
    return make_expression("sequence", f"array<{values[0].type}>", values)


ARRAYS: Functions = {
    "array": Function(1, MAX_ARGS, _build_array, "of simple values"),
    "size": with_maps(_make_array_function("size", _INTEGER), count_keys),
    "array_contains": _make_value_function("array_contains", "boolean"),
    "array_position": _make_value_function("array_position", "long"),
    "array_remove": _make_value_function("array_remove", _ARRAY),
    "array_append": _make_value_function("array_append", _ARRAY),
    "array_prepend": _make_value_function("array_prepend", _ARRAY),
    "array_insert": Function(3, 3, _build_insert),
    "array_compact": _make_array_function("array_compact", _ARRAY),
    "array_distinct": _make_array_function("array_distinct", _ARRAY),
    "array_union": Function(2, 2, partial(_build_from_two_arrays, "array_union", _ARRAY)),
    "array_intersect": Function(2, 2, partial(_build_from_two_arrays, "array_intersect", _ARRAY)),
    "array_except": Function(2, 2, partial(_build_from_two_arrays, "array_except", _ARRAY)),
    "arrays_overlap": Function(2, 2, partial(_build_from_two_arrays, "arrays_overlap", "boolean")),
    "array_min": _make_array_function("array_min", "T"),
    "array_max": _make_array_function("array_max", "T"),
    "sort_array": Function(1, 2, _build_sort_array),
    "array_sort": _make_array_function("array_sort", _ARRAY),
    "array_join": Function(2, 3, _build_join),
    "array_repeat": Function(2, 2, _build_repeat),
    "slice": _make_array_function("slice", _ARRAY, _INTEGER, _INTEGER),
    "element_at": with_maps(_make_array_function("element_at", "T", _INTEGER), _build_map_element),
    "try_element_at": with_maps(_make_array_function("try_element_at", "T", _INTEGER), _build_map_element),
    "get": _make_array_function("get", "T", _INTEGER),
    "sequence": Function(2, 3, _build_sequence, "of integers"),
}
