"""Functions of arrays of simple values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..codegen.code_writer import CodeWriter
from .expression import Expression
from .fragment import Fragment, propagate_nulls
from .operation import Check, Fragments, Operation, emit_call, list_argument_types
from .runtime import arrays
from .types import is_floating, parse_element_type

_INTEGER, _ARRAY = "integer", "array<T>"


def _make_element_check(result: str, *types: str) -> Check:
    """Return the check of a signature in which `T` is any simple type."""

    def accepts(node: Expression) -> bool:
        elements = [parse_element_type(type_) for type_ in (*list_argument_types(node), node.type)]
        element = next((type_ for type_ in elements if type_), None)
        if element is None:
            return False
        bound = [type_.replace("T", element) for type_ in (result, *types)]
        return bound == [node.type, *list_argument_types(node)]

    return accepts


def _make_array_operation(
    function: Callable[..., Any], result: str, *types: str, null: bool = False
) -> Operation:
    """Return the operation that calls a function, and is null where an operand is null.

    Args:
        function: The function.
        result: Type of its result; `T` stands for any simple type.
        types: Types of its operands.
        null: Whether the result may be null although no operand is.
    """

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        return emit_call(code, operands, function, null=null, nan=is_floating(node.type))

    return Operation(_make_element_check(result, *types), emit)


def _make_value_operation(
    function: Callable[..., Any], result: str, *types: str, array_index: int
) -> Operation:
    """Return the operation that calls a function of an array and a value, of which only the value may be null.

    Args:
        function: The function.
        result: Type of its result; `T` stands for any simple type.
        types: Types of its operands.
        array_index: Position of the array, 0 or 1.
    """

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        name = code.bind_constant(function)
        other = operands[1 - array_index].expr

        def body(value: str) -> str:
            return f"{name}({other}, {value})" if array_index else f"{name}({value}, {other})"

        return propagate_nulls(code, [operands[array_index]], body)

    return Operation(_make_element_check(result, *types), emit)


def _emit_insert(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    name = code.bind_constant(arrays.insert)
    array, index, value = operands
    return propagate_nulls(code, [array, index], lambda a, i: f"{name}({a}, {i}, {value.expr})", nan=False)


def _is_array(node: Expression) -> bool:
    return node.type.startswith("array<") and set(list_argument_types(node)) <= {
        parse_element_type(node.type)
    }


def _emit_array(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return Fragment(f"[{', '.join(operand.expr for operand in operands)}]", null=False, nan=False)


def _are_arrays(node: Expression) -> bool:
    return (
        node.type.startswith("array<") and bool(node.args) and set(list_argument_types(node)) == {node.type}
    )


def _emit_concat(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return emit_call(code, operands, arrays.concat, nan=False)


def _is_sequence(node: Expression) -> bool:
    element = parse_element_type(node.type)
    return (
        element in ("byte", "short", "integer", "long")
        and len(node.args) in (2, 3)
        and set(list_argument_types(node)) == {element}
    )


def _emit_sequence(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    has_step = len(node.args) == 3  # noqa: PLR2004
    return emit_call(code, operands, arrays.sequence if has_step else arrays.sequence_by_one, nan=False)


ARRAY_FUNCTIONS: Mapping[str, Operation] = {
    "array": Operation(_is_array, _emit_array),
    "array_concat": Operation(_are_arrays, _emit_concat),
    "sequence": Operation(_is_sequence, _emit_sequence),
    "size": _make_array_operation(len, _INTEGER, _ARRAY),
    "array_contains": _make_array_operation(arrays.contains, "boolean", _ARRAY, "T", null=True),
    "array_position": _make_array_operation(arrays.position, "long", _ARRAY, "T"),
    "array_remove": _make_array_operation(arrays.remove, _ARRAY, _ARRAY, "T"),
    "array_append": _make_value_operation(arrays.append, _ARRAY, _ARRAY, "T", array_index=0),
    "array_prepend": _make_value_operation(arrays.prepend, _ARRAY, _ARRAY, "T", array_index=0),
    "array_repeat": _make_value_operation(arrays.repeat, _ARRAY, "T", _INTEGER, array_index=1),
    "array_insert": Operation(_make_element_check(_ARRAY, _ARRAY, _INTEGER, "T"), _emit_insert),
    "array_compact": _make_array_operation(arrays.compact, _ARRAY, _ARRAY),
    "array_distinct": _make_array_operation(arrays.distinct, _ARRAY, _ARRAY),
    "array_union": _make_array_operation(arrays.union, _ARRAY, _ARRAY, _ARRAY),
    "array_intersect": _make_array_operation(arrays.intersect, _ARRAY, _ARRAY, _ARRAY),
    "array_except": _make_array_operation(arrays.without, _ARRAY, _ARRAY, _ARRAY),
    "arrays_overlap": _make_array_operation(arrays.overlap, "boolean", _ARRAY, _ARRAY, null=True),
    "array_min": _make_array_operation(arrays.minimum, "T", _ARRAY, null=True),
    "array_max": _make_array_operation(arrays.maximum, "T", _ARRAY, null=True),
    "sort_array": _make_array_operation(arrays.sort_array, _ARRAY, _ARRAY, "boolean"),
    "array_sort": _make_array_operation(arrays.array_sort, _ARRAY, _ARRAY),
    "array_join": _make_array_operation(arrays.join, "string", "array<string>", "string"),
    "array_join_nulls": _make_array_operation(
        arrays.join_with_nulls, "string", "array<string>", "string", "string"
    ),
    "slice": _make_array_operation(arrays.slice_array, _ARRAY, _ARRAY, _INTEGER, _INTEGER),
    "element_at": _make_array_operation(arrays.element_at, "T", _ARRAY, _INTEGER, null=True),
    "try_element_at": _make_array_operation(arrays.try_element_at, "T", _ARRAY, _INTEGER, null=True),
    "item": _make_array_operation(arrays.item, "T", _ARRAY, _INTEGER, null=True),
    "get": _make_array_operation(arrays.get, "T", _ARRAY, _INTEGER, null=True),
}
