"""Describe the values that a parameter accepts, for errors, help texts and examples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from sparkops.core.place import YamlScalar
from sparkops.core.wording import truncate
from sparkops.pipeline.parameters.param_type import ParamType

_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a decimal number",
    "str": "a text",
    "path": "a path",
    "date": "a date such as 2013-07-04",
    "datetime": "a time such as 2013-07-04T06:30:00",
    "timedelta": "a duration such as 90s, 1h30m or PT1H30M",
    "secret": "a secret text",
    "json": "JSON",
}
_LABELS: Final[Mapping[str, str]] = {
    "bool": "true|false",
    "int": "INT",
    "float": "FLOAT",
    "decimal": "DECIMAL",
    "str": "TEXT",
    "path": "PATH",
    "date": "YYYY-MM-DD",
    "datetime": "YYYY-MM-DDTHH:MM:SS",
    "timedelta": "DURATION",
    "secret": "SECRET",
    "json": "JSON",
}
_EXAMPLES: Final[Mapping[str, str]] = {
    "bool": "true",
    "float": "0.5",
    "decimal": "0.5",
    "str": "TEXT",
    "path": "PATH",
    "date": "2013-07-04",
    "datetime": "2013-07-04T06:30:00",
    "timedelta": "90s",
    "secret": "SECRET",
    "json": "'{}'",
}
_PYTHON_EXAMPLES: Final[Mapping[str, str]] = {
    "bool": "True",
    "int": "7",
    "float": "0.5",
    "decimal": 'Decimal("0.5")',
    "path": 'Path("data")',
    "date": "date(2013, 7, 4)",
    "datetime": "datetime(2013, 7, 4, 6, 30)",
    "timedelta": "timedelta(seconds=90)",
    "secret": 'sparkops.Secret("...")',
    "json": "{}",
    "dict": "{}",
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
    elif param_type.kind == "dict" and param_type.item is not None:
        text = f"a JSON object, or key=value pairs, whose values are each {describe_allowed(param_type.item)}"
    elif param_type.item is not None:
        text = (
            f"a list (JSON, or separated by commas) whose items are each {describe_allowed(param_type.item)}"
        )
    elif param_type.kind == "tuple":
        items = "; ".join(map(describe_allowed, param_type.members))
        text = f"a list (JSON, or separated by commas) of {len(param_type.members)} items: {items}"
    elif param_type.kind == "union":
        text = " or ".join(map(describe_allowed, param_type.members))
    else:
        text = _DESCRIPTIONS[param_type.kind]
    limits = describe_limits(param_type)
    is_nullable = param_type.optional and param_type.kind != "json"
    return text + (f", {limits}" if limits else "") + (", or null" if is_nullable else "")


def describe_limits(param_type: ParamType) -> str:
    """Return the constraints as text: "at least 1, at most 50"."""
    return ", ".join(
        _LIMITS[key].format(_format_limit(param_type.limits[key]))
        for key in _LIMITS
        if key in param_type.limits
    )


def _format_limit(limit: Any) -> str:
    return str(getattr(limit, "pattern", limit))


def format_type_label(param_type: ParamType) -> str:
    """Return the short type label that --help shows: INT, YYYY-MM-DD, JFK|LGA|EWR, INT,..."""
    if param_type.kind == "choice":
        return "|".join(param_type.choices)
    if param_type.kind == "dict":
        return "JSON"
    if param_type.item is not None:
        return f"{format_type_label(param_type.item)},..."
    if param_type.members:
        return ("|" if param_type.kind == "union" else ",").join(map(format_type_label, param_type.members))
    return _LABELS[param_type.kind]


def make_example(param_type: ParamType) -> str:
    """Return a text that the parameter accepts, for the advice of an error."""
    if param_type.kind == "choice":
        return next(iter(param_type.choices))
    if param_type.kind == "dict":
        return "'{}'"
    if param_type.item is not None:
        return make_example(param_type.item)
    if param_type.members:
        examples = [make_example(member) for member in param_type.members]
        return examples[0] if param_type.kind == "union" else ",".join(examples)
    if param_type.kind == "int":
        low = param_type.limits.get("ge", param_type.limits.get("gt", 0) + 1)
        return str(min(low, param_type.limits.get("le", low)))
    return _EXAMPLES[param_type.kind]


def make_python_example(param_type: ParamType) -> str:
    """Return a value that the parameter accepts from Python, as code."""
    if param_type.kind == "choice":
        choice: Any = next(iter(param_type.choices.values()))
        return f"{type(choice).__name__}.{choice.name}" if isinstance(choice, Enum) else repr(choice)
    if param_type.kind == "union":
        return " or ".join(map(make_python_example, param_type.members))
    if param_type.kind == "tuple":
        return f"({', '.join(map(make_python_example, param_type.members))})"
    if param_type.kind == "list" and param_type.item is not None:
        name = param_type.container.__name__
        item = make_python_example(param_type.item)
        return {"list": f"[{item}]", "tuple": f"({item},)", "set": f"{{{item}}}"}.get(
            name, f"{name}({{{item}}})"
        )
    return _PYTHON_EXAMPLES.get(param_type.kind, '"text"')


def make_json_example(param_type: ParamType) -> Any:
    """Return a JSON value that the parameter accepts."""
    if param_type.kind == "choice":
        choice = next(iter(param_type.choices.values()))
        return make_example(param_type) if isinstance(choice, Enum) else choice
    if param_type.kind in ("dict", "json"):
        return {}
    if param_type.kind == "union":
        return make_json_example(param_type.members[0])
    if param_type.item is not None:
        return [make_json_example(param_type.item)]
    if param_type.members:
        return [make_json_example(member) for member in param_type.members]
    text = make_example(param_type)
    return json.loads(text) if param_type.kind in ("bool", "int", "float") else text


def format_value(raw: Any) -> str:
    """Return a value as an error prints it: truncated, with its type unless it is text."""
    if isinstance(raw, YamlScalar):
        return raw.text
    text = truncate(repr(raw), _MAX_LENGTH)
    return text if isinstance(raw, str) or raw is None else f"{text} ({type(raw).__name__})"
