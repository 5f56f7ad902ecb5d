"""Row rules as JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ...errors import ModelError, as_clause
from . import conditions

# Tag of a node, its class, and JSON key to attribute. Tags and keys are persisted, so they stay if a class or an
# attribute is renamed.
_NODES: tuple[tuple[str, type, Mapping[str, str]], ...] = (
    ("Field", conditions.ColumnRef, {"name": "name"}),
    ("Value", conditions.Constant, {"value": "value"}),
    ("Length", conditions.Length, {"operand": "operand"}),
    ("Total", conditions.Sum, {"operands": "operands", "whole": "are_integers"}),
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
_BY_TAG = {tag: (node_class, keys) for tag, node_class, keys in _NODES}
_BY_CLASS = {node_class: (tag, keys) for tag, node_class, keys in _NODES}
_MAX_DEPTH = 30


def rule_to_json(value: Any) -> Any:
    """Return a rule, a node of one, or a constant as JSON values."""
    if type(value) in _BY_CLASS:
        tag, keys = _BY_CLASS[type(value)]
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


def rule_from_json(item: Any, depth: int = 0) -> Any:
    """Return what `rule_to_json` serialized.

    Raises:
        ModelError: The values are damaged.
    """
    if depth > _MAX_DEPTH:
        raise ModelError("A rule is damaged: it is nested too deeply.")
    if isinstance(item, list):
        return tuple(rule_from_json(child, depth + 1) for child in item)
    if not isinstance(item, Mapping):
        return item
    try:
        return _node_from_json(item, depth)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(f"A rule is damaged: {as_clause(error)}.") from None


def _node_from_json(item: Mapping[str, Any], depth: int) -> Any:
    tag = item["is"]
    if tag == "datetime":
        return datetime.fromisoformat(item["text"])
    if tag == "date":
        return date.fromisoformat(item["text"])
    if tag == "decimal":
        return Decimal(item["text"])
    node_class, keys = _BY_TAG[tag]
    parts = {keys[key]: rule_from_json(value, depth + 1) for key, value in item.items() if key != "is"}
    return node_class(**parts)
