"""Describe the values that a parameter accepts, for errors, help texts and examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sparkops.pipeline.parameters.param_type import ParamType

_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "date": "a date such as 2013-07-04",
    "datetime": "a time such as 2013-07-04T06:30:00",
}
_LABELS: Final[Mapping[str, str]] = {
    "bool": "true|false",
    "int": "INT",
    "float": "FLOAT",
    "str": "TEXT",
    "date": "YYYY-MM-DD",
    "datetime": "YYYY-MM-DDTHH:MM:SS",
}
_EXAMPLES: Final[Mapping[str, str]] = {
    "bool": "true",
    "float": "0.5",
    "str": "TEXT",
    "date": "2013-07-04",
    "datetime": "2013-07-04T06:30:00",
}
_LIMITS: Final[Mapping[str, str]] = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "multiple_of": "a multiple of {}",
    "min_length": "of length {} or more",
    "max_length": "of length {} or less",
    "pattern": "that matches {}",
}
_MAX_LENGTH = 80


def describe_allowed(param_type: ParamType) -> str:
    """Return the accepted values as a phrase that follows "it must be"."""
    if param_type.kind == "choice":
        text = (
            "one of " + ", ".join(param_type.choices)
            if len(param_type.choices) > 1
            else next(iter(param_type.choices))
        )
    elif param_type.item is not None:
        text = (
            f"a list (JSON, or separated by commas) whose items are each {describe_allowed(param_type.item)}"
        )
    else:
        text = _DESCRIPTIONS[param_type.kind]
    limits = describe_limits(param_type)
    return text + (f", {limits}" if limits else "") + (", or null" if param_type.optional else "")


def describe_limits(param_type: ParamType) -> str:
    """Return the constraints as text: "at least 1, at most 50"."""
    return ", ".join(
        _LIMITS[key].format(_limit_text(param_type.limits[key]))
        for key in _LIMITS
        if key in param_type.limits
    )


def _limit_text(limit: Any) -> str:
    return str(getattr(limit, "pattern", limit))


def type_label(param_type: ParamType) -> str:
    """Return the short type label that --help shows: INT, YYYY-MM-DD, JFK|LGA|EWR, INT,..."""
    if param_type.kind == "choice":
        return "|".join(param_type.choices)
    if param_type.item is not None:
        return f"{type_label(param_type.item)},..."
    return _LABELS[param_type.kind]


def example_text(param_type: ParamType) -> str:
    """Return a text that the parameter accepts, for the advice of an error."""
    if param_type.kind == "choice":
        return next(iter(param_type.choices))
    if param_type.item is not None:
        return example_text(param_type.item)
    if param_type.kind == "int":
        low = param_type.limits.get("ge", param_type.limits.get("gt", 0) + 1)
        return str(min(low, param_type.limits.get("le", low)))
    return _EXAMPLES[param_type.kind]


def format_value(raw: Any) -> str:
    """Return a value as an error prints it: truncated, with its type unless it is text."""
    text = repr(raw)
    text = text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 3] + "..."
    return text if isinstance(raw, str) or raw is None else f"{text} ({type(raw).__name__})"
