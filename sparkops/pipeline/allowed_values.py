"""What a parameter allows, in words: for an error, for --help, for an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sparkops.pipeline.param_type import ParamType

_WORDS: Final[Mapping[str, str]] = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "date": "a date such as 2013-07-04",
    "datetime": "a time such as 2013-07-04T06:30:00",
}
_TYPES: Final[Mapping[str, str]] = {
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
_SHOWN = 80


def describe_allowed(shape: ParamType) -> str:
    """Return what a value must be, as it follows "it must be"."""
    if shape.kind == "choice":
        words = "one of " + ", ".join(shape.choices) if len(shape.choices) > 1 else next(iter(shape.choices))
    elif shape.item is not None:
        words = f"a list (JSON, or parted by commas) whose items are each {describe_allowed(shape.item)}"
    else:
        words = _WORDS[shape.kind]
    limits = describe_limits(shape)
    return words + (f", {limits}" if limits else "") + (", or null" if shape.optional else "")


def describe_limits(shape: ParamType) -> str:
    """Return the limits in words: "at least 1, at most 50"."""
    return ", ".join(_LIMITS[key].format(_plain(shape.limits[key])) for key in _LIMITS if key in shape.limits)


def _plain(limit: Any) -> str:
    return str(getattr(limit, "pattern", limit))


def type_label(shape: ParamType) -> str:
    """Return the type in a word, as --help shows it: INT, YYYY-MM-DD, JFK|LGA|EWR, a comma list of those."""
    if shape.kind == "choice":
        return "|".join(shape.choices)
    if shape.item is not None:
        return f"{type_label(shape.item)},..."
    return _TYPES[shape.kind]


def example_text(shape: ParamType) -> str:
    """Return a text that would be taken, for the advice of an error."""
    if shape.kind == "choice":
        return next(iter(shape.choices))
    if shape.item is not None:
        return example_text(shape.item)
    if shape.kind == "int":
        low = shape.limits.get("ge", shape.limits.get("gt", 0) + 1)
        return str(min(low, shape.limits.get("le", low)))
    return _EXAMPLES[shape.kind]


def format_value(raw: Any) -> str:
    """Return a value as an error prints it: short, and with its type when it is not a text."""
    text = repr(raw)
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return text if isinstance(raw, str) or raw is None else f"{text} ({type(raw).__name__})"
