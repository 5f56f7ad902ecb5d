"""Functions of arrays of simple values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..codegen.code_writer import CodeWriter
from .expression import Expression
from .fragment import Fragment, propagate_nulls
from .operation import Check, Fragments, Operation, argument_types, emit_call
from .runtime import arrays
from .types import is_floating, parse_element_type

_I, _A = "integer", "array<T>"


def _accepts(result: str, *types: str) -> Check:
    """Return the check of a signature in which `T` is any simple type."""

    def accepts(node: Expression) -> bool:
        elements = [parse_element_type(type_) for type_ in (*argument_types(node), node.type)]
        element = next((type_ for type_ in elements if type_), None)
        if element is None:
            return False
        bound = [type_.replace("T", element) for type_ in (result, *types)]
        return bound == [node.type, *argument_types(node)]

    return accepts


def _array(function: Callable[..., Any], result: str, *types: str, null: bool = False) -> Operation:
    """Return the operation that calls a function; null where an operand is null."""

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        return emit_call(code, operands, function, null=null, nan=is_floating(node.type))

    return Operation(_accepts(result, *types), emit)


def _with_value(function: Callable[..., Any], result: str, *types: str, array: int) -> Operation:
    """Return the operation that calls a function whose operand other than the array may be null."""

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        name = code.bind_constant(function)
        other = operands[1 - array].expr

        def body(value: str) -> str:
            return f"{name}({other}, {value})" if array else f"{name}({value}, {other})"

        return propagate_nulls(code, [operands[array]], body)

    return Operation(_accepts(result, *types), emit)


def _emit_insert(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    name = code.bind_constant(arrays.insert)
    array, index, value = operands
    return propagate_nulls(code, [array, index], lambda a, i: f"{name}({a}, {i}, {value.expr})", nan=False)


def _is_array(node: Expression) -> bool:
    return node.type.startswith("array<") and set(argument_types(node)) <= {parse_element_type(node.type)}


def _emit_array(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return Fragment(f"[{', '.join(operand.expr for operand in operands)}]", null=False, nan=False)


def _are_arrays(node: Expression) -> bool:
    return node.type.startswith("array<") and bool(node.args) and set(argument_types(node)) == {node.type}


def _emit_concat(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return emit_call(code, operands, arrays.concat, nan=False)


def _is_sequence(node: Expression) -> bool:
    element = parse_element_type(node.type)
    return (
        element in ("byte", "short", "integer", "long")
        and len(node.args) in (2, 3)
        and (set(argument_types(node)) == {element})
    )


def _emit_sequence(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    has_step = len(node.args) == 3  # noqa: PLR2004
    return emit_call(code, operands, arrays.sequence if has_step else arrays.sequence_by_one, nan=False)


ARRAY_FUNCTIONS: Mapping[str, Operation] = {
    "array": Operation(_is_array, _emit_array),
    "array_concat": Operation(_are_arrays, _emit_concat),
    "sequence": Operation(_is_sequence, _emit_sequence),
    "size": _array(len, _I, _A),
    "array_contains": _array(arrays.contains, "boolean", _A, "T", null=True),
    "array_position": _array(arrays.position, "long", _A, "T"),
    "array_remove": _array(arrays.remove, _A, _A, "T"),
    "array_append": _with_value(arrays.append, _A, _A, "T", array=0),
    "array_prepend": _with_value(arrays.prepend, _A, _A, "T", array=0),
    "array_repeat": _with_value(arrays.repeat, _A, "T", _I, array=1),
    "array_insert": Operation(_accepts(_A, _A, _I, "T"), _emit_insert),
    "array_compact": _array(arrays.compact, _A, _A),
    "array_distinct": _array(arrays.distinct, _A, _A),
    "array_union": _array(arrays.union, _A, _A, _A),
    "array_intersect": _array(arrays.intersect, _A, _A, _A),
    "array_except": _array(arrays.without, _A, _A, _A),
    "arrays_overlap": _array(arrays.overlap, "boolean", _A, _A, null=True),
    "array_min": _array(arrays.minimum, "T", _A, null=True),
    "array_max": _array(arrays.maximum, "T", _A, null=True),
    "sort_array": _array(arrays.sort_array, _A, _A, "boolean"),
    "array_sort": _array(arrays.array_sort, _A, _A),
    "array_join": _array(arrays.join, "string", "array<string>", "string"),
    "array_join_nulls": _array(arrays.join_with_nulls, "string", "array<string>", "string", "string"),
    "slice": _array(arrays.slice_array, _A, _A, _I, _I),
    "element_at": _array(arrays.element_at, "T", _A, _I, null=True),
    "try_element_at": _array(arrays.try_element_at, "T", _A, _I, null=True),
    "item": _array(arrays.item, "T", _A, _I, null=True),
    "get": _array(arrays.get, "T", _A, _I, null=True),
}
