"""Names and kinds of the columns that rules are about."""

from __future__ import annotations

from ..ir.field import REALS, WHOLE_RANGES

_KINDS = {
    **dict.fromkeys(WHOLE_RANGES, "whole number"),
    **dict.fromkeys(REALS, "number"),
    "string": "text",
    "boolean": "truth",
    "date": "date",
    "timestamp": "time",
}


def plain_name(name: str) -> str:
    """Return a column's name without the backticks that Spark takes it in."""
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == "`" else name


def kind_of(type_: str) -> str:
    """Return the kind of a field's type; empty where no rule judges such a field."""
    return _KINDS.get(type_, "")
