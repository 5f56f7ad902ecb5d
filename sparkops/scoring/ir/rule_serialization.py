"""A rule to and from plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ...errors import ModelError
from . import conditions

# What a node is called in a model's file, and its keys there, each with its field: classes and fields may get other names,
# what stands in files may not.
_NODES: tuple[tuple[str, type, Mapping[str, str]], ...] = (
    ("Field", conditions.ColumnRef, {"name": "name"}),
    ("Value", conditions.Constant, {"value": "value"}),
    ("Length", conditions.Length, {"operand": "operand"}),
    ("Total", conditions.Sum, {"operands": "operands", "whole": "whole"}),
    ("Compare", conditions.Compare, {"op": "op", "left": "left", "right": "right"}),
    ("Same", conditions.NullSafeEqual, {"left": "left", "right": "right"}),
    ("Among", conditions.IsIn, {"operand": "operand", "values": "values"}),
    ("Missing", conditions.IsNull, {"operand": "operand"}),
    ("Matches", conditions.Matches, {"operand": "operand", "regex": "regex"}),
    ("Every", conditions.And, {"conditions": "conditions"}),
    ("Some", conditions.Or, {"conditions": "conditions"}),
    ("Not", conditions.Not, {"condition": "condition"}),
    (
        "RowRule",
        conditions.RowRule,
        {"fields": "fields", "expects": "expects", "unless": "unless", "where": "where"},
    ),
)
_BY_TAG = {tag: (kind, keys) for tag, kind, keys in _NODES}
_BY_KIND = {kind: (tag, keys) for tag, kind, keys in _NODES}
_DEEPEST = 30


def rule_to_json(value: Any) -> Any:
    """Return a rule, a part of one, or a constant as JSON values."""
    if type(value) in _BY_KIND:
        tag, keys = _BY_KIND[type(value)]
        return {"is": tag, **{key: rule_to_json(getattr(value, field)) for key, field in keys.items()}}
    if isinstance(value, tuple | list):
        return [rule_to_json(item) for item in value]
    if isinstance(value, datetime):
        return {"is": "datetime", "text": value.isoformat()}
    if isinstance(value, date):
        return {"is": "date", "text": value.isoformat()}
    if isinstance(value, Decimal):
        return {"is": "decimal", "text": str(value)}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ModelError(f"A rule cannot hold {value!r}, a {type(value).__name__}.")


def rule_from_json(plain: Any, depth: int = 0) -> Any:
    """Return what `to_plain` was given.

    Raises:
        ModelError: The values are damaged.
    """
    if depth > _DEEPEST:
        raise ModelError("A rule is damaged: it is nested too deep.")
    if isinstance(plain, list):
        return tuple(rule_from_json(item, depth + 1) for item in plain)
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
    kind, keys = _BY_TAG[name]
    parts = {keys[key]: rule_from_json(value, depth + 1) for key, value in plain.items() if key != "is"}
    return kind(**parts)
