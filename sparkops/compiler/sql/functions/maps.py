"""Maps that a lookup reads, such as `map('a', 1, 'b', 2)[column]`: of keys in the statement, or parsed from a text."""

from __future__ import annotations

from collections.abc import Callable

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import VOID, cast, coerce_all, find_promoted_type, literal, null_literal
from sparkops.compiler.sql.operators import negate
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.types import is_key, is_simple

from .call import MAX_ARGS, Args, Build, Function, Functions, require_literal_text

# The operations of maps do not leave the compiler: a lookup replaces them.
_MAP, _TEXT_MAP, _MAP_TYPE = "map", "text_map", "map<{},{}>"
_SPECIAL = frozenset("\\^$.|?*+()[]{}")
_NOTE = "only looked up, and with keys in the statement"


def is_map(node: Expression) -> bool:
    """Return whether a node is a map."""
    return node.op in (_MAP, _TEXT_MAP)


def _build_map(keys: Args, values: Args) -> Expression:
    keys, values = coerce_all([_read_constant(key) for key in keys]), coerce_all(values)
    if not is_key(keys[0].type) or not is_simple(values[0].type):
        raise CannotCompile(f"a map of {keys[0].type} to {values[0].type} is not supported")
    if any(key.op != "literal" or key.value is None for key in keys):
        raise CannotCompile("a map with keys that are no constants of the statement is not supported")
    names = tuple(key.value for key in keys)
    if len(set(names)) < len(names):
        raise CannotCompile("it makes a map with the same key twice")
    type_ = _MAP_TYPE.format(keys[0].type, values[0].type)
    return make_expression(_MAP, type_, [*keys, *values], names)


def _read_constant(key: Expression) -> Expression:
    """Return the constant that a key such as `1L` is, which the grammar reads as a cast."""
    if key.op == "neg":
        return negate(_read_constant(key.args[0]))
    is_literal_cast = key.op == "cast" and key.args[0].op == "literal"
    return cast(key.args[0], key.type) if is_literal_cast else key


def _build_map_of_pairs(args: Args) -> Expression:
    if len(args) % 2:
        raise CannotCompile("a map with a key without a value is not supported")
    return _build_map(args[::2], args[1::2])


def _build_map_of_arrays(args: Args) -> Expression:
    keys, values = args
    if not keys.op == values.op == "array" or len(keys.args) != len(values.args):
        raise CannotCompile("a map of arrays that are not in the statement is not supported")
    return _build_map(keys.args, values.args)


def _build_text_map(args: Args) -> Expression:
    """Return a map that is parsed from a text."""
    separators = [require_literal_text(arg, "separator of keys and values") for arg in args[1:]]
    pairs, keys = [*separators, *(",", ":")[len(separators) :]]
    if not pairs or not keys or _SPECIAL & set(pairs + keys):
        raise CannotCompile(f"a map of a text with the separators `{pairs}` and `{keys}` is not supported")
    return make_expression(
        _TEXT_MAP, _MAP_TYPE.format("string", "string"), [cast(args[0], "string")], (pairs, keys)
    )


def _split_map(map_: Expression) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    """Return the keys and the values of a map with constant keys."""
    count = len(map_.value)
    return map_.args[:count], map_.args[count:]


def look_up_key(map_: Expression, key: Expression, *, is_lazy: bool = True) -> Expression:
    """Return the value of a key, null if the key is not in the map.

    Args:
        map_: The map.
        key: The key.
        is_lazy: Whether only the value of the key is evaluated.

    Raises:
        CannotCompile: The key is not of the type of the map's keys.
    """
    if map_.op == _TEXT_MAP:
        return make_expression("text_map_item", "string", [*map_.args, _cast_key(key, "string")], map_.value)
    keys, values = _split_map(map_)
    if not is_lazy and any(value.op not in ("literal", "column") for value in values):
        raise CannotCompile("`element_at` of a map with computed values is not supported")
    if values[0].type == VOID:
        raise CannotCompile("all its operands are null")
    return make_expression("lookup", values[0].type, [_cast_key(key, keys[0].type), *values], map_.value)


def _cast_key(key: Expression, type_: str) -> Expression:
    if key.type == VOID:
        return null_literal(type_)
    if find_promoted_type(key.type, type_) != type_:
        raise CannotCompile(f"a lookup of {key.type} in a map of {type_} is not supported")
    return cast(key, type_)


def _make_constant_map_builder(build: Callable[[Expression], Expression]) -> Build:
    """Return the builder of a function of a map with constant keys."""
    return lambda args: build(_require_constant_map(args[0]))


def _require_constant_map(map_: Expression) -> Expression:
    if map_.op != _MAP:
        raise CannotCompile(f"an argument of type {map_.type} where a map is needed is not supported")
    return map_


def _build_array(values: Args) -> Expression:
    return make_expression("array", f"array<{values[0].type}>", values)


def _build_contains_key(args: Args) -> Expression:
    map_, key = args
    keys, _ = _split_map(_require_constant_map(map_))
    return make_expression("in", "boolean", [_cast_key(key, keys[0].type), *keys])


MAPS: Functions = {
    "map": Function(2, MAX_ARGS, _build_map_of_pairs, _NOTE),
    "map_from_arrays": Function(2, 2, _build_map_of_arrays, "of two `array(...)`, " + _NOTE),
    "str_to_map": Function(1, 3, _build_text_map, "only looked up, and with separators in the statement"),
    "map_contains_key": Function(2, 2, _build_contains_key),
    "map_keys": Function(1, 1, _make_constant_map_builder(lambda map_: _build_array(_split_map(map_)[0]))),
    "map_values": Function(1, 1, _make_constant_map_builder(lambda map_: _build_array(_split_map(map_)[1]))),
}


def with_maps(function: Function, build_of_map: Build) -> Function:
    """Return a function of arrays that takes maps, too."""

    def build(args: Args) -> Expression:
        return build_of_map(args) if is_map(args[0]) else function.build(args)

    return Function(function.min_args, function.max_args, build, function.note)


def count_keys(args: Args) -> Expression:
    """Return the number of keys of a map."""
    return _make_constant_map_builder(lambda map_: literal(len(map_.value), "integer"))(args)
