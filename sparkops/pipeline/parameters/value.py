"""Convert text, JSON values and Python values to parameter values, and back.

The form of a value (`ValueForm`) says how it is read: text is parsed by the parameter's type; values of JSON and YAML
already have a type, and only types that JSON lacks are parsed from text; values from Python are validated and never
parsed.

    bool        true false yes no on off 1 0, in any case
    int         digits with a sign; 1.0 and 1e3 are not ints
    float       a finite number; an int is accepted; nan and inf are refused
    Decimal     a number; in JSON as text, because a float is not exact
    date        2013-07-04
    datetime    2013-07-04, 2013-07-04T06:30, 2013-07-04 06:30:00.5+02:00, ...Z
    timedelta   90s, 1h30m, 1.5 days, or ISO 8601: PT1H30M
    Path        any text
    Literal     one of its choices, exactly
    Enum        the value of a member, else its name; from Python the member
    Secret      any text; shown nowhere
    list, set   a JSON array, or items separated by commas; given several times, all items
    tuple       the same, with one item for each type
    dict        a JSON object, or key=value pairs separated by commas
    JsonValue   JSON
    X | Y       the first type that accepts the text; any text last; in double quotes always text
    X | None    null, none or empty text is None; text in double quotes is taken literally

From Python an int is accepted as a float or Decimal, a list as a tuple and a tuple as a list; numbers of NumPy and
times of pandas become Python's own. Nothing else is converted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

from sparkops.core.duration import format_duration
from sparkops.core.masking import HIDDEN
from sparkops.core.place import to_canonical_text
from sparkops.errors import InputError
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.allowed_values import describe_allowed, format_value, make_python_example
from sparkops.pipeline.parameters.param_type import (
    ParamType,
    choose_null_text,
    format_choice,
    read_param_type,
)
from sparkops.pipeline.parameters.text_readers import is_null_word
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.parameters.value_readers import InvalidValueError, read_repeated, read_value


def parse(param: Param, raw: Any, form: ValueForm = ValueForm.TEXT) -> Any:
    """Convert `raw` to a value of the parameter; raise InputError that lists the accepted values.

    Args:
        param: The declared parameter.
        raw: The value; in the form of text a list holds the texts of an option that is given several times.
        form: Where the value comes from.
    """
    param_type = read_param_type(param.annotation)
    try:
        return _validate(param, param_type, _read(param_type, raw, form))
    except InvalidValueError as error:
        is_scalar_of_file = form is ValueForm.JSON and isinstance(raw, bool | int | float)
        value = to_canonical_text(raw) if is_scalar_of_file else format_value(raw)
        value = HIDDEN if param_type.kind == "secret" else value
        more = f" ({error})" if str(error) else ""
        if form is ValueForm.PYTHON and isinstance(raw, str) and not more:
            more = f" (a text from Python is not parsed: pass {make_python_example(param_type)})"
        raise InputError(
            f"`{param.name}` is {value}: it must be {describe_allowed(param_type)}{more}"
        ) from None


def parse_default(param: Param, value: Any) -> Any:
    """Convert a declared default, which is a value of Python. Raise InputError as `parse` does."""
    return parse(param, value, ValueForm.PYTHON)


def _read(param_type: ParamType, raw: Any, form: ValueForm) -> Any:
    if form is not ValueForm.TEXT or isinstance(raw, str):
        return read_value(param_type, raw, form)
    if isinstance(raw, list) and all(type(text) is str for text in raw):
        return read_repeated(param_type, raw)
    return read_value(param_type, raw, ValueForm.JSON)


def _validate(param: Param, param_type: ParamType, value: Any) -> Any:
    """Apply pydantic's constraints and the author's own validators."""
    if param_type.kind == "secret":
        return value
    from pydantic import TypeAdapter, ValidationError

    adapter: TypeAdapter[Any] = TypeAdapter(param.annotation)
    try:
        validated = adapter.validate_python(value, strict=True)
    except ValidationError as error:
        raise InvalidValueError(_describe_detail(error.errors(include_url=False)[0])) from None
    # In a union pydantic takes 3.0 for the literal 3, which it equals.
    is_other_number = param_type.kind == "union" and type(validated) is not type(value) and validated == value
    return value if is_other_number else validated


def _describe_detail(error: Mapping[str, Any]) -> str:
    is_described = error["type"] in _DESCRIBED and not error["loc"]
    where = f"item {error['loc'][0]}: " if error["loc"] else ""
    return "" if is_described else where + str(error["msg"])


# `describe_allowed` already states these constraints.
_DESCRIBED: Final = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"}


def to_json(param: Param, value: Any) -> Any:
    """Return a parameter value as a JSON value that `parse` reads back from a record; a Secret is hidden."""
    return _encode(read_param_type(param.annotation), value, ValueForm.RECORD)


def to_request_json(param: Param, value: Any) -> Any:
    """Return a parameter value as a JSON value that `parse` reads back from a file or request; a Secret is hidden."""
    return _encode(read_param_type(param.annotation), value, ValueForm.JSON)


def to_text(param: Param, value: Any) -> str:
    """Return a parameter value as text that `parse` reads back; a Secret is hidden."""
    param_type = read_param_type(param.annotation)
    if param_type.kind in ("list", "tuple", "dict", "json") and (
        value is not None or param_type.kind == "json"
    ):
        return json.dumps(_encode(param_type, value, ValueForm.JSON), ensure_ascii=False)
    if value is None:
        return choose_null_text(param_type)
    encoded = _encode(param_type, value, ValueForm.TEXT)
    return encoded if isinstance(encoded, str) else _format_scalar(value)


def _encode(param_type: ParamType, value: Any, form: ValueForm) -> Any:
    """Return a value as JSON; numbers and bools of a single type as they are."""
    if param_type.kind == "secret":
        return None if value is None else HIDDEN
    if param_type.kind == "json" or value is None:
        return value
    encode = {"dict": _encode_dict, "tuple": _encode_tuple, "list": _encode_list, "union": _encode_union}
    return encode.get(param_type.kind, _encode_scalar)(param_type, value, form)


def _encode_dict(param_type: ParamType, value: Any, form: ValueForm) -> Any:
    assert param_type.item is not None
    return {key: _encode(param_type.item, item, form) for key, item in value.items()}


def _encode_tuple(param_type: ParamType, value: Any, form: ValueForm) -> Any:
    return [_encode(member, item, form) for member, item in zip(param_type.members, value, strict=True)]


def _encode_list(param_type: ParamType, value: Any, form: ValueForm) -> Any:
    """Return the items of a list; those of a set in a fixed order, so that equal sets are recorded equally."""
    assert param_type.item is not None
    items = [_encode(param_type.item, item, form) for item in value]
    is_set = param_type.container in (set, frozenset)
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if is_set else items


def _encode_union(param_type: ParamType, value: Any, form: ValueForm) -> Any:
    """Return a value of a union; a text that would be read as another type, or as a quoted text, is put in quotes."""
    if not isinstance(value, str | Path) or isinstance(value, Enum):
        member = next((part for part in param_type.members if _is_value_of(part, value)), param_type)
        return _encode_scalar(member, value, form)
    text = str(value)
    for member in param_type.members:
        if member.kind == "choice" and value in member.choices.values():
            return _encode_scalar(member, value, form)
    is_read_back = not text.startswith('"')
    if is_read_back:
        back = read_value(param_type, text, form)
        is_read_back = type(back) is type(value) and back == value
    return text if is_read_back else json.dumps(text, ensure_ascii=False)


def _is_value_of(param_type: ParamType, value: Any) -> bool:
    try:
        back = read_value(param_type, value, ValueForm.PYTHON)
    except InvalidValueError:
        return False
    return type(back) is type(value)


def _encode_scalar(param_type: ParamType, value: Any, form: ValueForm) -> Any:
    if param_type.kind == "choice":
        return _encode_choice(param_type, value)
    if isinstance(value, bool | int | float):
        return value
    text = _format_scalar(value)
    is_quoted = param_type.optional and param_type.takes_any_text and form is not ValueForm.JSON
    return _quote_if_ambiguous(text) if is_quoted else text


def _encode_choice(param_type: ParamType, value: Any) -> Any:
    is_json = isinstance(value, bool | int | float) and not isinstance(value, Enum)
    if is_json:
        return value
    choices = param_type.choices.items()
    return next(text for text, choice in choices if type(choice) is type(value) and choice == value)


def _format_scalar(value: Any) -> str:
    if isinstance(value, float) and not isinstance(value, Enum):
        return repr(value)
    if isinstance(value, timedelta):
        return format_duration(value)
    return str(value) if isinstance(value, Decimal | Path) else format_choice(value)


def _quote_if_ambiguous(text: str) -> str:
    if text.startswith('"') or is_null_word(text):
        return json.dumps(text, ensure_ascii=False)
    return text
