"""A rule to and from plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ...errors import ModelError
from . import conditions

_KINDS = (
    conditions.Field,
    conditions.Value,
    conditions.Length,
    conditions.Total,
    conditions.Compare,
    conditions.Same,
    conditions.Among,
    conditions.Missing,
    conditions.Matches,
    conditions.Every,
    conditions.Some,
    conditions.Not,
    conditions.RowRule,
)
_BY_NAME = {kind.__name__: kind for kind in _KINDS}
_DEEPEST = 30


def to_plain(value: Any) -> Any:
    """Return a rule, a part of one, or a constant as JSON values."""
    if isinstance(value, _KINDS):
        parts = {item.name: to_plain(getattr(value, item.name)) for item in fields(value)}
        return {"is": type(value).__name__, **parts}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, datetime):
        return {"is": "datetime", "text": value.isoformat()}
    if isinstance(value, date):
        return {"is": "date", "text": value.isoformat()}
    if isinstance(value, Decimal):
        return {"is": "decimal", "text": str(value)}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ModelError(f"A rule cannot hold {value!r}, a {type(value).__name__}.")


def from_plain(plain: Any, depth: int = 0) -> Any:
    """Return what `to_plain` was given.

    Raises:
        ModelError: The values are damaged.
    """
    if depth > _DEEPEST:
        raise ModelError("A rule is damaged: it is nested too deep.")
    if isinstance(plain, list):
        return tuple(from_plain(item, depth + 1) for item in plain)
    if not isinstance(plain, Mapping):
        return plain
    try:
        return _node(plain, depth)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(f"A rule is damaged: {error}.") from None


def _node(plain: Mapping[str, Any], depth: int) -> Any:
    name = plain["is"]
    if name == "datetime":
        return datetime.fromisoformat(plain["text"])
    if name == "date":
        return date.fromisoformat(plain["text"])
    if name == "decimal":
        return Decimal(plain["text"])
    parts = {key: from_plain(value, depth + 1) for key, value in plain.items() if key != "is"}
    return _BY_NAME[name](**parts)
