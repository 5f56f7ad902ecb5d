"""Functions of strings, and hashes."""

from __future__ import annotations

from functools import partial

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import VOID, cast, literal, null_literal
from sparkops.compiler.sql.operators import case_when, is_null
from sparkops.core.type_names import SIMPLE_STRINGS
from sparkops.errors import ModelError
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.runtime import formats, json_paths, urls
from sparkops.scoring.sql.types import is_integral, is_simple, parse_decimal_type, parse_element_type

from .call import (
    MAX_ARGS,
    Args,
    Build,
    Function,
    Functions,
    cast_positions,
    integer,
    make_typed_function,
    require_literal_text,
    string,
)

_STRING, _INTEGER, _LONG = "string", "integer", "long"
_END = integer(2**31 - 1)
# Replacements of capitals, small letters, digits and other characters.
_MASKS = (string("X"), string("x"), string("n"), null_literal(_STRING))
# sqlglot reads `substring(text)`, too.
_MIN_SUBSTRING_ARGS = 2
_COLLATION = "SYSTEM.BUILTIN.UTF8_BINARY"
_URL_NOTE = "the part and the key are texts in the statement; an address of IPv6 refuses the row"
# Whether a format is supported does not depend on the version.
_ANY_JAVA = 17


def _make_text_builder(op: str, result: str) -> Build:
    return lambda args: make_expression(op, result, [cast(arg, _STRING) for arg in args])


def substring(args: Args) -> Expression:
    """Return `substring(text, start, length)`; without a length up to the end."""
    if len(args) < _MIN_SUBSTRING_ARGS:
        raise CannotCompile("`substring` without a start is not supported")
    start, *length = cast_positions(args[1:])
    return make_expression("substring", _STRING, [cast(args[0], _STRING), start, *(length or [_END])])


def _build_left(args: Args) -> Expression:
    (length,) = cast_positions(args[1:])
    return make_expression("substring", _STRING, [cast(args[0], _STRING), integer(1), length])


def _make_predicate_builder(op: str) -> Build:
    def build(args: Args) -> Expression:
        if any(arg.type not in (_STRING, VOID) for arg in args):
            raise CannotCompile(f"`{op}` of {args[0].type} and {args[1].type} is not supported")
        return make_expression(op, "boolean", [cast(arg, _STRING) for arg in args])

    return build


def trim(op: str, text: Expression, characters: Expression | None) -> Expression:
    """Return trim, ltrim or rtrim, of spaces or of the characters of a set."""
    more = [] if characters is None else [cast(characters, _STRING)]
    return make_expression(op, _STRING, [cast(text, _STRING), *more])


def locate(part: Expression, text: Expression, start: Expression | None = None) -> Expression:
    """Return `locate(part, text, start)`, which is 0 where the start is null."""
    if start is None:
        return make_expression("locate", _INTEGER, [cast(part, _STRING), cast(text, _STRING), integer(1)])
    (first,) = cast_positions([start])
    call = make_expression("locate", _INTEGER, [cast(part, _STRING), cast(text, _STRING), first])
    return call if first.op == "literal" else case_when([(is_null(first), integer(0))], call)


def overlay(args: Args) -> Expression:
    """Return `overlay(text, replacement, start, length)`."""
    start, *length = cast_positions(args[2:])
    return make_expression(
        "overlay",
        _STRING,
        [cast(args[0], _STRING), cast(args[1], _STRING), start, *(length or [integer(-1)])],
    )


def concat(args: Args) -> Expression:
    """Return the concatenation of texts, or of arrays."""
    if any(parse_element_type(arg.type) for arg in args):
        if len({arg.type for arg in args}) > 1:
            raise CannotCompile("a concatenation of arrays of several types is not supported")
        return make_expression("array_concat", args[0].type, args)
    return make_expression("concat", _STRING, [cast(arg, _STRING) for arg in args])


def _build_concat_ws(args: Args) -> Expression:
    values = [arg if arg.type == "array<string>" else cast(arg, _STRING) for arg in args[1:]]
    return make_expression("concat_ws", _STRING, [cast(args[0], _STRING), *values])


def _build_reverse(args: Args) -> Expression:
    (arg,) = args
    value = arg if parse_element_type(arg.type) else cast(arg, _STRING)
    return make_expression("reverse", value.type, [value])


def _build_hex(args: Args) -> Expression:
    (arg,) = args
    type_ = _STRING if arg.type == _STRING else _LONG
    return make_expression("hex", _STRING, [cast(arg, type_)])


def _build_elt(args: Args) -> Expression:
    (index,) = cast_positions(args[:1])
    return make_expression("elt", _STRING, [index, *(cast(arg, _STRING) for arg in args[1:])])


def _build_hash(op: str, result: str, args: Args) -> Expression:
    values = [arg for arg in args if arg.type != VOID]
    for arg in values:
        if not is_simple(arg.type):
            raise CannotCompile(f"`{op}` of {arg.type} is not supported")
    if not values:
        raise CannotCompile("all its operands are null")
    return make_expression(op, result, values, ())


def _format_number(args: Args) -> Expression:
    value, places = args
    if is_integral(value.type):
        value = cast(value, _LONG)
    elif parse_decimal_type(value.type) is None:
        value = cast(value, "double")
    (count,) = cast_positions([places])
    return make_expression("format_number", _STRING, [value, count], ())


def _build_printf(args: Args) -> Expression:
    pattern = require_literal_text(args[0], "format")
    values = [cast(arg, "double") if arg.type == "float" else arg for arg in args[1:]]
    if formats.make_printf_function(pattern, [value.type for value in values], _ANY_JAVA) is None:
        types = ", ".join(value.type for value in values)
        raise CannotCompile(f"its format `{pattern}` of {types or 'nothing'} is not supported")
    return make_expression("printf", _STRING, values, (pattern,))


def _build_char(args: Args) -> Expression:
    return make_expression("char", _STRING, [cast(args[0], _LONG)])


def _build_mask(args: Args) -> Expression:
    replacements = [*args[1:], *_MASKS[len(args) - 1 :]]
    return make_expression(
        "mask", _STRING, [cast(args[0], _STRING)], tuple(map(_read_mask_character, replacements))
    )


def _read_mask_character(arg: Expression) -> str | None:
    """Return the replacement of a kind of characters; None leaves them unchanged."""
    if arg.op == "literal" and arg.value is None:
        return None
    text = require_literal_text(arg, "replacement of a character")
    if len(text) != 1 or text > "\uffff":
        raise CannotCompile(f"its replacement `{text}` of a character is not one character")
    return text


def _parse_url(args: Args, *, is_try: bool) -> Expression:
    part = require_literal_text(args[1], "part of a URL")
    key = require_literal_text(args[2], "key of a URL") if len(args) > 2 else None  # noqa: PLR2004
    try:
        urls.make_parse_url_function(part, key, is_try)
    except ModelError as error:
        raise CannotCompile(str(error)) from None
    return make_expression("parse_url", _STRING, [cast(args[0], _STRING)], (part, key, is_try))


def _get_json_object(args: Args) -> Expression:
    path = require_literal_text(args[1], "path")
    try:
        json_paths.make_get_function(path, _ANY_JAVA)
    except ModelError as error:
        raise CannotCompile(str(error)) from None
    return make_expression("get_json_object", _STRING, [cast(args[0], _STRING)], (path,))


def _build_is_valid_utf8(args: Args) -> Expression:
    """Return true for every text: those of rows are valid."""
    text = cast(args[0], _STRING)
    return case_when([(is_null(text), null_literal("boolean"))], literal(True, "boolean"))


def _build_collate(args: Args) -> Expression:
    if require_literal_text(args[1], "collation").upper() != "UTF8_BINARY":
        raise CannotCompile("only the collation UTF8_BINARY is supported")
    return cast(args[0], _STRING)


def _build_type_of(args: Args) -> Expression:
    type_ = args[0].type
    inner = parse_element_type(type_)
    name = SIMPLE_STRINGS.get(inner or type_, inner or type_)
    return string(f"array<{name}>" if inner else name)


STRINGS: Functions = {
    **{
        name: Function(1, 1, _make_text_builder(name, _STRING))
        for name in ("lower", "upper", "initcap", "soundex", "base64", "md5")
    },
    **{
        name: Function(1, 1, _make_text_builder(name, _INTEGER))
        for name in ("length", "octet_length", "bit_length", "ascii")
    },
    "trim": Function(1, 1, lambda args: trim("trim", args[0], None)),
    "btrim": Function(1, 2, lambda args: trim("trim", args[0], args[1] if len(args) > 1 else None)),
    "ltrim": Function(1, 2, lambda args: trim("ltrim", args[-1], args[0] if len(args) > 1 else None)),
    "rtrim": Function(1, 2, lambda args: trim("rtrim", args[-1], args[0] if len(args) > 1 else None)),
    "substring": Function(2, 3, substring),
    "left": Function(2, 2, _build_left),
    "right": make_typed_function("right", _STRING, _STRING, _INTEGER),
    "lpad": make_typed_function("lpad", _STRING, _STRING, _INTEGER, _STRING, defaults=(string(" "),)),
    "rpad": make_typed_function("rpad", _STRING, _STRING, _INTEGER, _STRING, defaults=(string(" "),)),
    "repeat": make_typed_function("repeat", _STRING, _STRING, _INTEGER),
    "space": make_typed_function("space", _STRING, _INTEGER),
    "reverse": Function(1, 1, _build_reverse),
    "replace": make_typed_function("replace", _STRING, _STRING, _STRING, _STRING, defaults=(string(""),)),
    "translate": make_typed_function("translate", _STRING, _STRING, _STRING, _STRING),
    "overlay": Function(3, 4, overlay),
    "substring_index": make_typed_function("substring_index", _STRING, _STRING, _STRING, _INTEGER),
    "split_part": make_typed_function("split_part", _STRING, _STRING, _STRING, _INTEGER),
    "instr": Function(2, 2, _make_text_builder("instr", _INTEGER)),
    "locate": Function(2, 3, lambda args: locate(*args)),
    "find_in_set": make_typed_function("find_in_set", _INTEGER, _STRING, _STRING),
    "startswith": Function(2, 2, _make_predicate_builder("startswith")),
    "endswith": Function(2, 2, _make_predicate_builder("endswith")),
    "contains": Function(2, 2, _make_predicate_builder("contains")),
    "concat": Function(1, MAX_ARGS, concat),
    "concat_ws": Function(1, MAX_ARGS, _build_concat_ws),
    "elt": Function(2, MAX_ARGS, _build_elt),
    "levenshtein": Function(
        2,
        3,
        lambda args: make_typed_function(
            "levenshtein", _INTEGER, *(_STRING, _STRING, _INTEGER)[: len(args)]
        ).build(args),
    ),
    "char": Function(1, 1, _build_char),
    "conv": make_typed_function("conv", _STRING, _STRING, _INTEGER, _INTEGER),
    "mask": Function(1, 5, _build_mask, "replacements are characters in the statement"),
    "luhn_check": Function(1, 1, _make_text_builder("luhn_check", "boolean")),
    "quote": Function(1, 1, _make_text_builder("quote", _STRING)),
    "url_encode": Function(1, 1, _make_text_builder("url_encode", _STRING)),
    "url_decode": Function(1, 1, _make_text_builder("url_decode", _STRING)),
    "try_url_decode": Function(1, 1, _make_text_builder("try_url_decode", _STRING)),
    "parse_url": Function(2, 3, partial(_parse_url, is_try=False), _URL_NOTE),
    "try_parse_url": Function(2, 3, partial(_parse_url, is_try=True), _URL_NOTE),
    "get_json_object": Function(
        2, 2, _get_json_object, "paths are texts in the statement, without wildcards"
    ),
    "json_array_length": Function(1, 1, _make_text_builder("json_array_length", _INTEGER)),
    "json_object_keys": Function(1, 1, _make_text_builder("json_object_keys", "array<string>")),
    "is_valid_utf8": Function(1, 1, _build_is_valid_utf8),
    "validate_utf8": Function(1, 1, lambda args: cast(args[0], _STRING)),
    "try_validate_utf8": Function(1, 1, lambda args: cast(args[0], _STRING)),
    "make_valid_utf8": Function(1, 1, lambda args: cast(args[0], _STRING)),
    "collate": Function(2, 2, _build_collate, "only UTF8_BINARY"),
    "collation": Function(1, 1, lambda args: string(_COLLATION)),  # noqa: ARG005
    "typeof": Function(1, 1, _build_type_of),
    "hex": Function(1, 1, _build_hex, "not of bytes"),
    "sha1": Function(1, 1, _make_text_builder("sha1", _STRING)),
    "sha2": make_typed_function("sha2", _STRING, _STRING, _INTEGER),
    "crc32": make_typed_function("crc32", _LONG, _STRING),
    "hash": Function(1, MAX_ARGS, partial(_build_hash, "hash", _INTEGER), "not of arrays"),
    "xxhash64": Function(1, MAX_ARGS, partial(_build_hash, "xxhash64", _LONG), "not of arrays"),
    "format_number": Function(2, 2, _format_number, "with a number of places"),
    "printf": Function(1, MAX_ARGS, _build_printf, "formats of `%s`, `%d` and `%f` in the statement"),
}
