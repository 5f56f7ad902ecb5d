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
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from sparkops.errors import InputError
from sparkops.pipeline.allowed import allowed, shown
from sparkops.pipeline.param import Param
from sparkops.pipeline.shape import Shape, choice_text, null_text, shape_of

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_INT: Final = re.compile(r"[+-]?[0-9]{1,4000}")
_FLOAT: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class _RefusedError(ValueError):
    """A value that is not of the type; the text, if any, says more than the type does."""


def parse(param: Param, raw: Any) -> Any:
    """Return the value that `raw` stands for; raise InputError that says what is allowed.

    Args:
        param: The declared parameter.
        raw: A text, a JSON value or a Python value.
    """
    shape = shape_of(param.annotation)
    try:
        return _limited(param, _read(shape, raw))
    except _RefusedError as refused:
        more = f" ({refused})" if str(refused) else ""
        raise InputError(f"`{param.name}` is {shown(raw)}: it must be {allowed(shape)}{more}") from None


def parse_default(param: Param, value: Any) -> Any:
    """Return a declared default by the rule, a text in it taken as it stands; raise InputError as `parse` does."""
    return parse(param, _as_it_stands(shape_of(param.annotation), value))


def _as_it_stands(shape: Shape, value: Any) -> Any:
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
        raise _RefusedError(_said(error.errors(include_url=False)[0])) from None


def _said(error: Mapping[str, Any]) -> str:
    told = error["type"] in _TOLD and not error["loc"]
    where = f"item {error['loc'][0]}: " if error["loc"] else ""
    return "" if told else where + str(error["msg"])


_TOLD: Final = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"}


def _read(shape: Shape, raw: Any) -> Any:
    if raw is None:
        if shape.optional:
            return None
        raise _RefusedError("null stands for nothing here")
    if isinstance(raw, str) and not isinstance(raw, Enum):
        return _from_text(shape, raw)
    return _READERS[shape.kind](shape, raw)


def _from_text(shape: Shape, text: str) -> Any:
    if shape.optional and text not in shape.choices:
        if text.strip().lower() in ("", "null", "none"):
            return None
        text = _unquoted(text)
    return _TEXTS[shape.kind](shape, text)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def _bool_text(_: Shape, text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise _RefusedError
    return word in _TRUE


def _int_text(_: Shape, text: str) -> int:
    if not _INT.fullmatch(text.strip()):
        raise _RefusedError
    return int(text.strip())


def _float_text(_: Shape, text: str) -> float:
    if not _FLOAT.fullmatch(text.strip()):
        raise _RefusedError
    return _finite(float(text.strip()))


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise _RefusedError("nan, inf and numbers beyond 1.8e308 are refused")
    return value


def _date_text(_: Shape, text: str) -> date:
    if not _DATE.fullmatch(text.strip()):
        raise _RefusedError
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise _RefusedError(str(error)) from None


def _datetime_text(_: Shape, text: str) -> datetime:
    if not _DATETIME.fullmatch(text.strip()):
        raise _RefusedError
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise _RefusedError(str(error)) from None


def _choice_text(shape: Shape, text: str) -> Any:
    for known in (shape.choices, shape.names):
        for word in (text, text.strip()):
            if word in known:
                return known[word]
    raise _RefusedError


def _list_text(shape: Shape, text: str) -> Any:
    if text.lstrip().startswith("["):
        return _list_value(shape, _json(text))
    if not text.strip():
        return _list_value(shape, [])
    return _list_value(shape, [word.strip() for word in text.split(",")])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _RefusedError(f"not a JSON array: {error}") from None


_TEXTS: Final[Mapping[str, Callable[[Shape, str], Any]]] = {
    "bool": _bool_text,
    "int": _int_text,
    "float": _float_text,
    "str": lambda _, text: text,
    "date": _date_text,
    "datetime": _datetime_text,
    "choice": _choice_text,
    "list": _list_text,
}


def _of(*kinds: type) -> Callable[[Shape, Any], Any]:
    def read(_: Shape, raw: Any) -> Any:
        if not isinstance(raw, kinds) or (isinstance(raw, bool) and bool not in kinds):
            raise _RefusedError
        return raw

    return read


def _float_value(_: Shape, raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise _RefusedError
    try:
        return _finite(float(raw))
    except OverflowError:
        raise _RefusedError("beyond 1.8e308") from None


def _date_value(_: Shape, raw: Any) -> date:
    if not isinstance(raw, date) or isinstance(raw, datetime):
        raise _RefusedError
    return raw


def _choice_value(shape: Shape, raw: Any) -> Any:
    for choice in shape.choices.values():
        plain = choice.value if isinstance(choice, Enum) and not isinstance(raw, Enum) else choice
        if type(plain) is type(raw) and plain == raw:
            return choice
    raise _RefusedError


def _list_value(shape: Shape, raw: Any) -> Any:
    if not isinstance(raw, list | tuple) or shape.item is None:
        raise _RefusedError
    items = [_item(shape.item, number, item) for number, item in enumerate(raw)]
    return tuple(items) if shape.as_tuple else items


def _item(shape: Shape, number: int, raw: Any) -> Any:
    try:
        return _read(shape, raw)
    except _RefusedError as refused:
        more = f", {refused}" if str(refused) else ""
        raise _RefusedError(f"item {number} is {shown(raw)}{more}") from None


_READERS: Final[Mapping[str, Callable[[Shape, Any], Any]]] = {
    "bool": _of(bool),
    "int": _of(int),
    "float": _float_value,
    "str": _of(str),
    "date": _date_value,
    "datetime": _of(datetime),
    "choice": _choice_value,
    "list": _list_value,
}


def to_json(param: Param, value: Any) -> Any:
    """Return a parameter's value as a JSON value that `parse` reads back: what a record holds."""
    return _to_json(shape_of(param.annotation), value)


def _to_json(shape: Shape, value: Any) -> Any:
    if isinstance(value, list | tuple) and shape.item is not None:
        return [_to_json(shape.item, item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and not isinstance(value, Enum):
        return value
    return _to_text(shape, value)


def to_text(param: Param, value: Any) -> str:
    """Return the text that `parse` reads back as this value: what a command line or a widget holds."""
    shape = shape_of(param.annotation)
    if value is None:
        return null_text(shape)
    if isinstance(value, list | tuple):
        return json.dumps(_to_json(shape, value), ensure_ascii=False)
    return _to_text(shape, value)


def _to_text(shape: Shape, value: Any) -> str:
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
