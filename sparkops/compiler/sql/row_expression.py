"""Decide whether a SQL expression that a user gives at run time computes a value of one row, and nothing else."""

from __future__ import annotations

from collections.abc import Collection

from sparkops.compiler.plan import CannotCompile

from .functions.registry import FUNCTIONS
from .functions.uncompiled import UNCOMPILED
from .parser import parse_statement

# Functions of a row that are allowed although the scorer does not have them.
_ALLOWED_UNCOMPILED = frozenset(
    """arrays_zip binary convert_timezone encode from_json get_json_object json_array_length json_object_keys
    make_dt_interval make_interval make_timestamp_ntz make_ym_interval map map_concat map_entries map_filter
    map_from_arrays map_from_entries map_keys map_values map_zip_with rand randn to_binary to_json
    to_timestamp_ntz transform_keys transform_values try_to_binary unbase64 unhex uuid""".split()  # noqa: SIM905
)
# Reasons of `UNCOMPILED` that do not matter here.
_ALLOWED_REASONS = ("time", "unwritten")
_REFUSED_NODES = {
    "Select": "a subquery",
    "Subquery": "a subquery",
    "Exists": "a subquery",
    "Star": "`*`",
    "Window": "a window",
    "Parameter": "a parameter",
    "Placeholder": "a parameter",
}


def find_refusal(text: str, columns: Collection[str]) -> str:
    """Return why an expression is refused; empty if it may be evaluated.

    It may read the columns of its row and call functions whose value depends on their arguments, the time or chance. It
    may have no subquery, and no function that calls Java, reads the session or a file, or is the user's own.

    Args:
        text: The expression.
        columns: The columns of its row. Without a column of that name, Spark reads `current_user` as a function.
    """
    known = {name.lower() for name in columns}
    try:
        query = parse_statement(f"SELECT {text}\nFROM __THIS__")
    except CannotCompile as error:
        return f"it cannot be read ({str(error).removeprefix('its statement ')})"
    if len(query.items) != 1 or query.where is not None or query.source is not None:
        return "it is not one expression"
    for node in query.items[0].walk():
        kind = type(node).__name__
        if kind in _REFUSED_NODES:
            return f"it has {_REFUSED_NODES[kind]}"
        name = str(node.name).lower()
        is_call = kind == "Anonymous" or (kind == "Column" and name in UNCOMPILED and name not in known)
        if is_call and not _is_allowed(name):
            return f"`{name}` is not one of the functions that may be used"
    return ""


def _is_allowed(name: str) -> bool:
    return name in FUNCTIONS or name in _ALLOWED_UNCOMPILED or UNCOMPILED.get(name) in _ALLOWED_REASONS
