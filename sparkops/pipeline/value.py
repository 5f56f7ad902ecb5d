"""The one rule that turns a text, a JSON value or a Python value into a parameter's value, and back.

The rule is the same at every door. A text is read by the parameter's type; a JSON or Python value must be of that
type already (an int counts as a float; a bool is not an int; 1.0 is not an int; no number is a date).

    bool        true false yes no on off 1 0, in any case
    int         digits with a sign; 1.0 and 1e3 are not ints
    float       a finite number; nan and inf are refused
    date        2013-07-04
    datetime    2013-07-04, 2013-07-04T06:30, 2013-07-04 06:30:00.5+02:00, ...Z
    Literal     one of its choices, exactly
    Enum        the value of a member, else its name
    list        a JSON array, or items parted by commas
    X | None    null, none or an empty text is None; a text in double quotes is taken as it stands
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from sparkops.errors import InputError
from sparkops.pipeline.allowed_values import describe_allowed, format_value
from sparkops.pipeline.param import Param
from sparkops.pipeline.param_type import ParamType, choice_text, null_text, read_param_type
from sparkops.pipeline.value_readers import InvalidValueError, read_value


def parse(param: Param, raw: Any) -> Any:
    """Return the value that `raw` stands for; raise InputError that says what is allowed.

    Args:
        param: The declared parameter.
        raw: A text, a JSON value or a Python value.
    """
    shape = read_param_type(param.annotation)
    try:
        return _limited(param, read_value(shape, raw))
    except InvalidValueError as refused:
        more = f" ({refused})" if str(refused) else ""
        raise InputError(
            f"`{param.name}` is {format_value(raw)}: it must be {describe_allowed(shape)}{more}"
        ) from None


def parse_default(param: Param, value: Any) -> Any:
    """Return a declared default by the rule, a text in it taken as it stands; raise InputError as `parse` does."""
    return parse(param, _as_it_stands(read_param_type(param.annotation), value))


def _as_it_stands(shape: ParamType, value: Any) -> Any:
    if isinstance(value, list | tuple) and shape.item is not None:
        return [_as_it_stands(shape.item, item) for item in value]
    plain = isinstance(value, str) and not isinstance(value, Enum) and shape.kind == "str" and shape.optional
    return _quoted(value) if plain else value


def _limited(param: Param, value: Any) -> Any:
    """Return the value after pydantic's limits and the author's own validators."""
    from pydantic import TypeAdapter, ValidationError

    adapter: TypeAdapter[Any] = TypeAdapter(param.annotation)
    try:
        return adapter.validate_python(value, strict=True)
    except ValidationError as error:
        raise InvalidValueError(_said(error.errors(include_url=False)[0])) from None


def _said(error: Mapping[str, Any]) -> str:
    told = error["type"] in _TOLD and not error["loc"]
    where = f"item {error['loc'][0]}: " if error["loc"] else ""
    return "" if told else where + str(error["msg"])


_TOLD: Final = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"}


def to_json(param: Param, value: Any) -> Any:
    """Return a parameter's value as a JSON value that `parse` reads back: what a record holds."""
    return _to_json(read_param_type(param.annotation), value)


def _to_json(shape: ParamType, value: Any) -> Any:
    if isinstance(value, list | tuple) and shape.item is not None:
        return [_to_json(shape.item, item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and not isinstance(value, Enum):
        return value
    return _to_text(shape, value)


def to_text(param: Param, value: Any) -> str:
    """Return the text that `parse` reads back as this value: what a command line or a widget holds."""
    shape = read_param_type(param.annotation)
    if value is None:
        return null_text(shape)
    if isinstance(value, list | tuple):
        return json.dumps(_to_json(shape, value), ensure_ascii=False)
    return _to_text(shape, value)


def _to_text(shape: ParamType, value: Any) -> str:
    if shape.kind == "choice":
        return next(
            text for text, choice in shape.choices.items() if type(choice) is type(value) and choice == value
        )
    if isinstance(value, float):
        return repr(value)
    text = choice_text(value)
    return _quoted(text) if shape.optional and shape.kind == "str" else text


def _quoted(text: str) -> str:
    if text.startswith('"') or text.strip().lower() in ("", "null", "none"):
        return json.dumps(text, ensure_ascii=False)
    return text
