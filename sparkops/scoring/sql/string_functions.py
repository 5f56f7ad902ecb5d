"""Functions of strings."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..codegen.code_writer import CodeWriter
from .expression import Expression
from .fragment import Fragment, propagate_nulls
from .operation import (
    Check,
    Fragments,
    Operation,
    argument_types,
    either,
    emit_call,
    function_operation,
    valued_operation,
)
from .runtime import arrays, formats, hashes, json_paths, maps, mathematics, strings, urls
from .runtime import regular_expressions as regex
from .runtime.casts import is_java
from .runtime.time_zone import is_zone
from .types import is_simple, parse_decimal_type

_S, _I, _L, _B = "string", "integer", "long", "boolean"


def _all_strings(result: str) -> Check:
    return lambda node: node.type == result and bool(node.args) and set(argument_types(node)) == {_S}


def _emit_concat(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return propagate_nulls(code, operands, lambda *args: f"({' + '.join(args)})", nan=False)


def _emit_concat_ws(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    items = "".join(f"{operand.expr}, " for operand in operands[1:])
    has_arrays = set(argument_types(node)) != {_S}
    name = code.bind_constant(arrays.concat_ws if has_arrays else strings.concat_ws)
    return Fragment(f"{name}({operands[0].expr}, ({items}))", operands[0].null, nan=False)


def _is_concat_ws(node: Expression) -> bool:
    first, *rest = argument_types(node)
    return node.type == first == _S and set(rest) <= {_S, f"array<{_S}>"}


def _emit_split(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    return emit_call(code, operands, partial(strings.split, separator=node.value), nan=False)


def _is_split(node: Expression) -> bool:
    return (
        node.type == "array<string>"
        and argument_types(node) == [_S]
        and isinstance(node.value, str)
        and bool(node.value)
    )


def _hash(kind: str, result: str) -> Operation:
    def accepts(node: Expression) -> bool:
        return (
            node.type == result
            and bool(node.args)
            and all(map(is_simple, argument_types(node)))
            and isinstance(node.value, list)
            and is_zone(*node.value)
        )

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        name = code.bind_constant(hashes.make_hash_function(kind, argument_types(node), *node.value))
        return Fragment(f"{name}({', '.join(operand.expr for operand in operands)})", null=False, nan=False)

    return Operation(accepts, emit)


def _is_printf(node: Expression) -> bool:
    pattern, java = node.value
    return (
        node.type == _S
        and is_java(java)
        and formats.make_printf_function(pattern, argument_types(node), java) is not None
    )


def _emit_printf(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    pattern, java = node.value
    name = code.bind_constant(formats.make_printf_function(pattern, argument_types(node), java))
    return Fragment(f"{name}({', '.join(operand.expr for operand in operands)})", null=False, nan=False)


def _is_format_number(node: Expression) -> bool:
    first, *rest = argument_types(node)
    is_number = first in ("long", "double") or parse_decimal_type(first) is not None
    return node.type == _S and rest == [_I] and is_number and is_java(*node.value)


def _emit_format_number(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    return emit_call(code, operands, formats.make_number_formatter(*node.value), null=True, nan=False)


def _json_function(node: Expression) -> Callable[[str], str | None]:
    return json_paths.make_get_function(*node.value)


def _emit_elt(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    items = "".join(f"{operand.expr}, " for operand in operands[1:])
    name = code.bind_constant(arrays.elt)
    call = propagate_nulls(code, operands[:1], lambda index: f"{name}({index}, ({items}))", nan=False)
    return Fragment(call.expr, nan=False)


def _is_elt(node: Expression) -> bool:
    first, *rest = argument_types(node)
    return first == _I and bool(rest) and set(rest) == {node.type} == {_S}


def _text(function: Callable[..., Any], *more: str, result: str = _S, null: bool = False) -> Operation:
    """Return the operation of a function whose first operand is a string."""
    return function_operation(function, result, _S, *more, null=null)


STRING_FUNCTIONS: Mapping[str, Operation] = {
    "lower": _text(str.lower),
    "upper": _text(str.upper),
    "initcap": _text(strings.initcap),
    "trim": either(_text(strings.trim), _text(strings.trim_characters, _S)),
    "ltrim": either(_text(strings.trim_left), _text(strings.trim_left_characters, _S)),
    "rtrim": either(_text(strings.trim_right), _text(strings.trim_right_characters, _S)),
    "length": _text(len, result=_I),
    "octet_length": _text(strings.octet_length, result=_I),
    "bit_length": _text(strings.bit_length, result=_I),
    "ascii": _text(strings.ascii_code, result=_I),
    "char": function_operation(strings.character, _S, _L),
    "substring": _text(strings.substring, _I, _I),
    "right": _text(strings.right, _I),
    "lpad": _text(strings.lpad, _I, _S),
    "rpad": _text(strings.rpad, _I, _S),
    "repeat": _text(strings.repeat, _I),
    "space": function_operation(strings.space, _S, _I),
    "reverse": either(
        _text(lambda text: text[::-1]),
        Operation(
            lambda node: node.type.startswith("array<") and argument_types(node) == [node.type],
            lambda code, _, operands: emit_call(code, operands, lambda array: [*array[::-1]], nan=False),
        ),
    ),
    "replace": _text(strings.replace, _S, _S),
    "translate": _text(strings.translate, _S, _S),
    "overlay": _text(strings.overlay, _S, _I, _I),
    "substring_index": _text(strings.substring_index, _S, _I),
    "split_part": _text(strings.split_part, _S, _I),
    "instr": _text(strings.instr, _S, result=_I),
    "locate": _text(strings.locate, _S, _I, result=_I),
    "find_in_set": _text(strings.find_in_set, _S, result=_I),
    "startswith": _text(str.startswith, _S, result=_B),
    "endswith": _text(str.endswith, _S, result=_B),
    "contains": _text(operator.contains, _S, result=_B),
    "levenshtein": either(
        _text(strings.levenshtein, _S, result=_I), _text(strings.levenshtein_within, _S, _I, result=_I)
    ),
    "soundex": _text(strings.soundex),
    "concat": Operation(_all_strings(_S), _emit_concat),
    "concat_ws": Operation(_is_concat_ws, _emit_concat_ws),
    "elt": Operation(_is_elt, _emit_elt),
    "split": Operation(_is_split, _emit_split),
    "split_regex": valued_operation(regex.make_split_function, "array<string>", _S),
    "split_characters": _text(regex.split_characters, result="array<string>"),
    "rlike": valued_operation(regex.make_search_function, _B, _S),
    "regexp_extract": valued_operation(regex.make_extract_function, _S, _S),
    "regexp_extract_all": valued_operation(regex.make_extract_all_function, "array<string>", _S),
    "regexp_replace": valued_operation(regex.make_replace_function, _S, _S),
    "regexp_count": valued_operation(regex.make_count_function, _I, _S),
    "regexp_substr": valued_operation(regex.make_substring_function, _S, _S, null=True),
    "regexp_instr": valued_operation(regex.make_position_function, _I, _S),
    "conv": _text(mathematics.convert_base, _I, _I, null=True),
    "mask": valued_operation(strings.make_mask_function, _S, _S),
    "luhn_check": _text(strings.is_luhn_number, result=_B),
    "quote": _text(strings.quote),
    "url_encode": _text(urls.url_encode),
    "url_decode": _text(urls.url_decode),
    "try_url_decode": _text(mathematics.attempt(urls.url_decode), null=True),
    "parse_url": valued_operation(urls.make_parse_url_function, _S, _S, null=True),
    "get_json_object": Operation(
        lambda node: (
            node.type == _S
            and argument_types(node) == [_S]
            and is_java(node.value[1])
            and bool(_json_function(node))
        ),
        lambda code, node, operands: emit_call(code, operands, _json_function(node), null=True, nan=False),
    ),
    "json_array_length": _text(json_paths.array_length, result=_I, null=True),
    "json_object_keys": _text(json_paths.object_keys, result="array<string>", null=True),
    "text_map_item": valued_operation(maps.make_text_item_function, _S, _S, _S, null=True),
    "base64": _text(strings.base64),
    "hex": either(_text(strings.hex_text), function_operation(strings.hex_long, _S, _L)),
    "bin": function_operation(strings.binary_long, _S, _L),
    "md5": _text(hashes.md5),
    "sha1": _text(hashes.sha1),
    "sha2": _text(hashes.sha2, _I, null=True),
    "crc32": _text(hashes.crc32, result=_L),
    "hash": _hash("murmur3", _I),
    "xxhash64": _hash("xxhash64", _L),
    "format_number": Operation(_is_format_number, _emit_format_number),
    "printf": Operation(_is_printf, _emit_printf),
}
