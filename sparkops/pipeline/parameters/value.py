"""Convert text, JSON values and Python values to parameter values, and back.

The rule is the same at every entry point. Text is parsed by the parameter's type; a JSON or Python value must already
be of that type (an int is accepted as a float; a bool is not an int; 1.0 is not an int; no number is a date).

    bool        true false yes no on off 1 0, in any case
    int         digits with a sign; 1.0 and 1e3 are not ints
    float       a finite number; nan and inf are refused
    date        2013-07-04
    datetime    2013-07-04, 2013-07-04T06:30, 2013-07-04 06:30:00.5+02:00, ...Z
    Literal     one of its choices, exactly
    Enum        the value of a member, else its name
    list        a JSON array, or items separated by commas
    X | None    null, none or empty text is None; text in double quotes is taken literally
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from sparkops.errors import InputError
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.allowed_values import describe_allowed, format_value
from sparkops.pipeline.parameters.param_type import ParamType, choice_text, null_text, read_param_type
from sparkops.pipeline.parameters.value_readers import InvalidValueError, read_value


def parse(param: Param, raw: Any) -> Any:
    """Convert `raw` to a value of the parameter; raise InputError that lists the accepted values.

    Args:
        param: The declared parameter.
        raw: Text, a JSON value or a Python value.
    """
    param_type = read_param_type(param.annotation)
    try:
        return _validate(param, read_value(param_type, raw))
    except InvalidValueError as error:
        reason = f" ({error})" if str(error) else ""
        raise InputError(
            f"`{param.name}` is {format_value(raw)}: it must be {describe_allowed(param_type)}{reason}"
        ) from None


def parse_default(param: Param, value: Any) -> Any:
    """Convert a declared default; text in it is taken literally. Raise InputError as `parse` does."""
    return parse(param, _quote_literals(read_param_type(param.annotation), value))


def _quote_literals(param_type: ParamType, value: Any) -> Any:
    if isinstance(value, list | tuple) and param_type.item is not None:
        return [_quote_literals(param_type.item, item) for item in value]
    is_optional_text = (
        isinstance(value, str)
        and not isinstance(value, Enum)
        and param_type.kind == "str"
        and param_type.optional
    )
    return _quoted(value) if is_optional_text else value


def _validate(param: Param, value: Any) -> Any:
    """Apply pydantic's constraints and the author's own validators."""
    from pydantic import TypeAdapter, ValidationError

    adapter: TypeAdapter[Any] = TypeAdapter(param.annotation)
    try:
        return adapter.validate_python(value, strict=True)
    except ValidationError as error:
        raise InvalidValueError(_detail(error.errors(include_url=False)[0])) from None


def _detail(error: Mapping[str, Any]) -> str:
    is_described = error["type"] in _DESCRIBED and not error["loc"]
    where = f"item {error['loc'][0]}: " if error["loc"] else ""
    return "" if is_described else where + str(error["msg"])


# `describe_allowed` already states these constraints.
_DESCRIBED: Final = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"}


def to_json(param: Param, value: Any) -> Any:
    """Return a parameter value as a JSON value that `parse` reads back."""
    return _to_json(read_param_type(param.annotation), value)


def _to_json(param_type: ParamType, value: Any) -> Any:
    if isinstance(value, list | tuple) and param_type.item is not None:
        return [_to_json(param_type.item, item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and not isinstance(value, Enum):
        return value
    return _to_text(param_type, value)


def to_text(param: Param, value: Any) -> str:
    """Return a parameter value as text that `parse` reads back."""
    param_type = read_param_type(param.annotation)
    if value is None:
        return null_text(param_type)
    if isinstance(value, list | tuple):
        return json.dumps(_to_json(param_type, value), ensure_ascii=False)
    return _to_text(param_type, value)


def _to_text(param_type: ParamType, value: Any) -> str:
    if param_type.kind == "choice":
        return next(
            text
            for text, choice in param_type.choices.items()
            if type(choice) is type(value) and choice == value
        )
    if isinstance(value, float):
        return repr(value)
    text = choice_text(value)
    return _quoted(text) if param_type.optional and param_type.kind == "str" else text


def _quoted(text: str) -> str:
    if text.startswith('"') or text.strip().lower() in ("", "null", "none"):
        return json.dumps(text, ensure_ascii=False)
    return text
