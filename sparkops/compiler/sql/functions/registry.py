"""All functions that are compiled, by group and by name."""

from __future__ import annotations

from collections.abc import Mapping

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import cast
from sparkops.scoring.sql.expression import Expression

from .arrays import ARRAYS
from .call import Args, Function, Functions
from .conditions import CONDITIONS
from .dates import DATES
from .higher_order import HIGHER_ORDER
from .maps import MAPS
from .numbers import NUMBERS
from .patterns import PATTERNS
from .strings import STRINGS
from .structs import STRUCTS
from .uncompiled import find_reason

_CASTS = {
    "tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long", "float": "float", "double": "double",
    "decimal": "decimal(10,0)", "boolean": "boolean", "date": "date", "timestamp": "timestamp", "string": "string",
}  # fmt: skip


def _make_cast_function(type_: str) -> Function:
    return Function(1, 1, lambda args: cast(args[0], type_, is_explicit=True))


GROUPS: Mapping[str, Functions] = {
    "Conditions": CONDITIONS,
    "Numbers": NUMBERS,
    "Strings and hashes": STRINGS,
    "Patterns": PATTERNS,
    "Dates and timestamps": DATES,
    "Arrays": ARRAYS,
    "Arrays, element by element": HIGHER_ORDER,
    "Maps": MAPS,
    "Structs and arrays of arrays": STRUCTS,
    "Casts": {name: _make_cast_function(type_) for name, type_ in _CASTS.items()},
}
ALIASES: Mapping[str, str] = {
    "ceiling": "ceil", "lcase": "lower", "ucase": "upper", "char_length": "length", "character_length": "length",
    "len": "length", "power": "pow", "ifnull": "nvl", "substr": "substring", "dayofmonth": "day", "sign": "signum",
    "date_diff": "datediff", "dateadd": "date_add", "chr": "char", "sha": "sha1", "position": "locate",
    "regexp": "rlike", "regexp_like": "rlike", "format_string": "printf", "getbit": "bit_get",
    "datepart": "date_part", "to_unix_timestamp": "unix_timestamp", "cardinality": "size", "array_size": "size",
    "to_timestamp_ltz": "to_timestamp", "make_timestamp_ltz": "make_timestamp",
    "try_make_timestamp_ltz": "try_make_timestamp",
}  # fmt: skip
_NAMED: dict[str, Function] = {
    name: function for group in GROUPS.values() for name, function in group.items()
}
FUNCTIONS: Mapping[str, Function] = {**_NAMED, **{alias: _NAMED[name] for alias, name in ALIASES.items()}}


def build_call(name: str, args: Args) -> Expression:
    """Return the typed expression of a function call.

    Raises:
        CannotCompile: The function is not supported, or not with these arguments.
    """
    function = FUNCTIONS.get(name)
    if function is None:
        reason = find_reason(name)
        raise CannotCompile(f"`{name}` is not supported" + (f": {reason}" if reason else ""))
    if not function.min_args <= len(args) <= function.max_args:
        raise CannotCompile(f"`{name}` of {len(args)} arguments is not supported")
    return function.build(args)
