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
    combine_signatures,
    emit_call,
    list_argument_types,
    make_function_operation,
    make_valued_operation,
)
from .runtime import arrays, formats, hashes, json_paths, maps, mathematics, strings, urls
from .runtime import regular_expressions as regex
from .runtime.casts import is_java
from .runtime.time_zone import is_zone
from .types import is_simple, parse_decimal_type

_STRING, _INTEGER, _LONG, _BOOLEAN = "string", "integer", "long", "boolean"


def _make_strings_check(result: str) -> Check:
    return lambda node: (
        node.type == result and bool(node.args) and set(list_argument_types(node)) == {_STRING}
    )


def _emit_concat(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return propagate_nulls(code, operands, lambda *args: f"({' + '.join(args)})", nan=False)


def _emit_concat_ws(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    items = "".join(f"{operand.expr}, " for operand in operands[1:])
    has_arrays = set(list_argument_types(node)) != {_STRING}
    name = code.bind_constant(arrays.concat_ws if has_arrays else strings.concat_ws)
    return Fragment(f"{name}({operands[0].expr}, ({items}))", operands[0].null, nan=False)


def _is_concat_ws(node: Expression) -> bool:
    first, *rest = list_argument_types(node)
    return node.type == first == _STRING and set(rest) <= {_STRING, f"array<{_STRING}>"}


def _emit_split(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    return emit_call(code, operands, partial(strings.split, separator=node.value), nan=False)


def _is_split(node: Expression) -> bool:
    return (
        node.type == "array<string>"
        and list_argument_types(node) == [_STRING]
        and isinstance(node.value, str)
        and bool(node.value)
    )


def _make_hash_operation(kind: str, result: str) -> Operation:
    def accepts(node: Expression) -> bool:
        return (
            node.type == result
            and bool(node.args)
            and all(map(is_simple, list_argument_types(node)))
            and isinstance(node.value, list)
            and is_zone(*node.value)
        )

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        name = code.bind_constant(hashes.make_hash_function(kind, list_argument_types(node), *node.value))
        return Fragment(f"{name}({', '.join(operand.expr for operand in operands)})", null=False, nan=False)

    return Operation(accepts, emit)


def _is_printf(node: Expression) -> bool:
    pattern, java = node.value
    return (
        node.type == _STRING
        and is_java(java)
        and formats.make_printf_function(pattern, list_argument_types(node), java) is not None
    )


def _emit_printf(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    pattern, java = node.value
    name = code.bind_constant(formats.make_printf_function(pattern, list_argument_types(node), java))
    return Fragment(f"{name}({', '.join(operand.expr for operand in operands)})", null=False, nan=False)


def _is_format_number(node: Expression) -> bool:
    first, *rest = list_argument_types(node)
    is_number = first in ("long", "double") or parse_decimal_type(first) is not None
    return node.type == _STRING and rest == [_INTEGER] and is_number and is_java(*node.value)


def _emit_format_number(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    return emit_call(code, operands, formats.make_number_formatter(*node.value), null=True, nan=False)


def _make_json_function(node: Expression) -> Callable[[str], str | None]:
    return json_paths.make_get_function(*node.value)


def _emit_elt(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    items = "".join(f"{operand.expr}, " for operand in operands[1:])
    name = code.bind_constant(arrays.elt)
    call = propagate_nulls(code, operands[:1], lambda index: f"{name}({index}, ({items}))", nan=False)
    return Fragment(call.expr, nan=False)


def _is_elt(node: Expression) -> bool:
    first, *rest = list_argument_types(node)
    return first == _INTEGER and bool(rest) and set(rest) == {node.type} == {_STRING}


def _make_text_operation(
    function: Callable[..., Any], *more: str, result: str = _STRING, null: bool = False
) -> Operation:
    """Return the operation of a function whose first operand is a string."""
    return make_function_operation(function, result, _STRING, *more, null=null)


STRING_FUNCTIONS: Mapping[str, Operation] = {
    "lower": _make_text_operation(str.lower),
    "upper": _make_text_operation(str.upper),
    "initcap": _make_text_operation(strings.initcap),
    "trim": combine_signatures(
        _make_text_operation(strings.trim), _make_text_operation(strings.trim_characters, _STRING)
    ),
    "ltrim": combine_signatures(
        _make_text_operation(strings.trim_left), _make_text_operation(strings.trim_left_characters, _STRING)
    ),
    "rtrim": combine_signatures(
        _make_text_operation(strings.trim_right), _make_text_operation(strings.trim_right_characters, _STRING)
    ),
    "length": _make_text_operation(len, result=_INTEGER),
    "octet_length": _make_text_operation(strings.octet_length, result=_INTEGER),
    "bit_length": _make_text_operation(strings.bit_length, result=_INTEGER),
    "ascii": _make_text_operation(strings.ascii_code, result=_INTEGER),
    "char": make_function_operation(strings.character, _STRING, _LONG),
    "substring": _make_text_operation(strings.substring, _INTEGER, _INTEGER),
    "right": _make_text_operation(strings.right, _INTEGER),
    "lpad": _make_text_operation(strings.lpad, _INTEGER, _STRING),
    "rpad": _make_text_operation(strings.rpad, _INTEGER, _STRING),
    "repeat": _make_text_operation(strings.repeat, _INTEGER),
    "space": make_function_operation(strings.space, _STRING, _INTEGER),
    "reverse": combine_signatures(
        _make_text_operation(lambda text: text[::-1]),
        Operation(
            lambda node: node.type.startswith("array<") and list_argument_types(node) == [node.type],
            lambda code, _, operands: emit_call(code, operands, lambda array: [*array[::-1]], nan=False),
        ),
    ),
    "replace": _make_text_operation(strings.replace, _STRING, _STRING),
    "translate": _make_text_operation(strings.translate, _STRING, _STRING),
    "overlay": _make_text_operation(strings.overlay, _STRING, _INTEGER, _INTEGER),
    "substring_index": _make_text_operation(strings.substring_index, _STRING, _INTEGER),
    "split_part": _make_text_operation(strings.split_part, _STRING, _INTEGER),
    "instr": _make_text_operation(strings.instr, _STRING, result=_INTEGER),
    "locate": _make_text_operation(strings.locate, _STRING, _INTEGER, result=_INTEGER),
    "find_in_set": _make_text_operation(strings.find_in_set, _STRING, result=_INTEGER),
    "startswith": _make_text_operation(str.startswith, _STRING, result=_BOOLEAN),
    "endswith": _make_text_operation(str.endswith, _STRING, result=_BOOLEAN),
    "contains": _make_text_operation(operator.contains, _STRING, result=_BOOLEAN),
    "levenshtein": combine_signatures(
        _make_text_operation(strings.levenshtein, _STRING, result=_INTEGER),
        _make_text_operation(strings.levenshtein_within, _STRING, _INTEGER, result=_INTEGER),
    ),
    "soundex": _make_text_operation(strings.soundex),
    "concat": Operation(_make_strings_check(_STRING), _emit_concat),
    "concat_ws": Operation(_is_concat_ws, _emit_concat_ws),
    "elt": Operation(_is_elt, _emit_elt),
    "split": Operation(_is_split, _emit_split),
    "split_regex": make_valued_operation(regex.make_split_function, "array<string>", _STRING),
    "split_characters": _make_text_operation(regex.split_characters, result="array<string>"),
    "rlike": make_valued_operation(regex.make_search_function, _BOOLEAN, _STRING),
    "regexp_extract": make_valued_operation(regex.make_extract_function, _STRING, _STRING),
    "regexp_extract_all": make_valued_operation(regex.make_extract_all_function, "array<string>", _STRING),
    "regexp_replace": make_valued_operation(regex.make_replace_function, _STRING, _STRING),
    "regexp_count": make_valued_operation(regex.make_count_function, _INTEGER, _STRING),
    "regexp_substr": make_valued_operation(regex.make_substring_function, _STRING, _STRING, null=True),
    "regexp_instr": make_valued_operation(regex.make_position_function, _INTEGER, _STRING),
    "conv": _make_text_operation(mathematics.convert_base, _INTEGER, _INTEGER, null=True),
    "mask": make_valued_operation(strings.make_mask_function, _STRING, _STRING),
    "luhn_check": _make_text_operation(strings.is_luhn_number, result=_BOOLEAN),
    "quote": _make_text_operation(strings.quote),
    "url_encode": _make_text_operation(urls.url_encode),
    "url_decode": _make_text_operation(urls.url_decode),
    "try_url_decode": _make_text_operation(mathematics.attempt(urls.url_decode), null=True),
    "parse_url": make_valued_operation(urls.make_parse_url_function, _STRING, _STRING, null=True),
    "get_json_object": Operation(
        lambda node: (
            node.type == _STRING
            and list_argument_types(node) == [_STRING]
            and is_java(node.value[1])
            and bool(_make_json_function(node))
        ),
        lambda code, node, operands: emit_call(
            code, operands, _make_json_function(node), null=True, nan=False
        ),
    ),
    "json_array_length": _make_text_operation(json_paths.array_length, result=_INTEGER, null=True),
    "json_object_keys": _make_text_operation(json_paths.object_keys, result="array<string>", null=True),
    "text_map_item": make_valued_operation(
        maps.make_text_item_function, _STRING, _STRING, _STRING, null=True
    ),
    "base64": _make_text_operation(strings.base64),
    "hex": combine_signatures(
        _make_text_operation(strings.hex_text), make_function_operation(strings.hex_long, _STRING, _LONG)
    ),
    "bin": make_function_operation(strings.binary_long, _STRING, _LONG),
    "md5": _make_text_operation(hashes.md5),
    "sha1": _make_text_operation(hashes.sha1),
    "sha2": _make_text_operation(hashes.sha2, _INTEGER, null=True),
    "crc32": _make_text_operation(hashes.crc32, result=_LONG),
    "hash": _make_hash_operation("murmur3", _INTEGER),
    "xxhash64": _make_hash_operation("xxhash64", _LONG),
    "format_number": Operation(_is_format_number, _emit_format_number),
    "printf": Operation(_is_printf, _emit_printf),
}
