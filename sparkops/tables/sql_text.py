"""Column names, values and conditions as text of Spark SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sparkops.errors import BadData


def quote_name(name: str) -> str:
    """Return the name of a column in backticks."""
    return "`" + name.replace("`", "``") + "`"


def format_equality(column: str, value: Any, type_name: str) -> str:
    """Return the condition that a column equals a value, or one of several values.

    Args:
        column: Name of the column.
        value: The value, or a collection of values. None matches null.
        type_name: Type of the column in SQL.
    """
    if isinstance(value, list | tuple | set | frozenset):
        alternatives = [format_equality(column, item, type_name) for item in value]
        return "(" + " OR ".join(alternatives) + ")" if alternatives else "false"
    name = quote_name(column)
    return f"{name} IS NULL" if value is None else f"{name} = {format_literal(value, type_name)}"


def format_literal(value: Any, type_name: str) -> str:
    """Return a value as a literal of a type; any text is safe in it.

    Raises:
        BadData: SQL has no literal for the value.
    """
    text, literal_type = _format_with_type(value.value if isinstance(value, Enum) else value)
    return text if literal_type == type_name else f"CAST({text} AS {type_name})"


def _format_with_type(value: Any) -> tuple[str, str]:
    """Return a literal and the type that Spark gives it."""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), "boolean"
    if isinstance(value, int):
        return (str(value), "int") if -(2**31) <= value < 2**31 else (f"{value}L", "bigint")
    if isinstance(value, float | Decimal):
        return f"'{value}'", "string"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        zone = "Z" if value.tzinfo else ""
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(sep=' ')}{zone}'", "timestamp"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'", "date"
    if isinstance(value, str):
        return _format_text(value), "string"
    raise BadData(f"A slice cannot be selected by {value!r}: use a bool, number, text, date or datetime.")


def _format_text(text: str) -> str:
    is_simple = text.isprintable() and not set(text) & {"'", "\\", "$", "{", "}"}
    return f"'{text}'" if is_simple else f"CAST(X'{text.encode().hex()}' AS STRING)"
