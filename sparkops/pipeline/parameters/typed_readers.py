"""Convert values that are not text to scalar values; the rule is documented in `sparkops.pipeline.parameters.value`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from pathlib import Path, PurePath
from typing import Any, Final

from sparkops.pipeline.parameters.param_type import ParamType
from sparkops.pipeline.parameters.text_readers import InvalidValueError, require_finite, require_maskable
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.secret import Secret


def _read_bool(_: ParamType, raw: Any, __: ValueForm) -> bool:
    if not isinstance(raw, bool):
        raise InvalidValueError
    return raw


def _read_int(_: ParamType, raw: Any, __: ValueForm) -> int:
    """Return any integer, NumPy's too, as Python's own."""
    if isinstance(raw, bool) or not isinstance(raw, Integral):
        raise InvalidValueError
    return int(raw)


def _read_float(_: ParamType, raw: Any, __: ValueForm) -> float:
    if isinstance(raw, bool) or not isinstance(raw, Real):
        raise InvalidValueError
    try:
        return require_finite(float(raw))
    except OverflowError:
        raise InvalidValueError("beyond 1.8e308") from None


def _read_decimal(_: ParamType, raw: Any, form: ValueForm) -> Decimal:
    if isinstance(raw, Decimal) and raw.is_finite():
        return raw
    if isinstance(raw, float):
        advice = "" if form is ValueForm.PYTHON else f', so put it in quotes: "{raw!r}"'
        raise InvalidValueError(f"a float is not exact{advice}")
    if isinstance(raw, bool) or not isinstance(raw, Integral):
        raise InvalidValueError
    return Decimal(int(raw))


def _read_str(_: ParamType, raw: Any, form: ValueForm) -> str:
    if form is ValueForm.PYTHON and isinstance(raw, str) and not isinstance(raw, Enum):
        return str(raw)
    if form is not ValueForm.PYTHON and isinstance(raw, bool | int | float | date):
        word = str(raw).lower() if isinstance(raw, bool) else str(raw)
        raise InvalidValueError(f'put it in quotes: "{word}"')
    raise InvalidValueError


def _read_path(_: ParamType, raw: Any, __: ValueForm) -> Path:
    if not isinstance(raw, PurePath):
        raise InvalidValueError
    return Path(raw)


def _read_date(_: ParamType, raw: Any, __: ValueForm) -> date:
    if not isinstance(raw, date) or isinstance(raw, datetime):
        raise InvalidValueError
    return date(raw.year, raw.month, raw.day)


def _read_datetime(_: ParamType, raw: Any, __: ValueForm) -> datetime:
    """Return any datetime, pandas' Timestamp too, as Python's own."""
    if not isinstance(raw, datetime):
        raise InvalidValueError
    return datetime.combine(raw.date(), raw.timetz())


def _read_timedelta(_: ParamType, raw: Any, __: ValueForm) -> timedelta:
    if not isinstance(raw, timedelta):
        raise InvalidValueError
    return timedelta(days=raw.days, seconds=raw.seconds, microseconds=raw.microseconds)


def _read_secret(_: ParamType, raw: Any, __: ValueForm) -> Secret:
    if not isinstance(raw, Secret):
        raise InvalidValueError
    return require_maskable(raw)


def _read_choice(param_type: ParamType, raw: Any, form: ValueForm) -> Any:
    for choice in param_type.choices.values():
        by_value = isinstance(choice, Enum) and not isinstance(raw, Enum) and form is not ValueForm.PYTHON
        comparable = choice.value if by_value else choice
        if type(comparable) is type(raw) and comparable == raw:
            return choice
    raise InvalidValueError


SCALAR_VALUES: Final[Mapping[str, Callable[[ParamType, Any, ValueForm], Any]]] = {
    "bool": _read_bool,
    "int": _read_int,
    "float": _read_float,
    "decimal": _read_decimal,
    "str": _read_str,
    "path": _read_path,
    "date": _read_date,
    "datetime": _read_datetime,
    "timedelta": _read_timedelta,
    "secret": _read_secret,
    "choice": _read_choice,
}
