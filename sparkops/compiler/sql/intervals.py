"""Dates and timestamps plus an interval that the statement names."""

from __future__ import annotations

import re
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql.expression import Expression, make_expression

from .coercion import cast, literal
from .functions.dates import add_units
from .operators import add_days

_UNITS = ("YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
_MONTHS = {"YEAR": 12, "MONTH": 1}
_DAYS = {"WEEK": 7, "DAY": 1}
_MICROS = {
    "HOUR": 3_600_000_000, "MINUTE": 60_000_000, "SECOND": 1_000_000, "MILLISECOND": 1000, "MICROSECOND": 1,
}  # fmt: skip
_MICROS_OF_DAY = 86_400_000_000
_COUNT = re.compile(r"[+-]?[0-9]{1,9}")


def add_interval(value: Expression, interval: Any, *, subtract: bool) -> Expression:
    """Return a date or a timestamp plus, or minus, an interval of one unit.

    A date stays a date for days, weeks, months and years, and becomes a timestamp for shorter units.

    Raises:
        CannotCompile: The interval has several units, or is not a number in the statement.
    """
    unit, count = _split_interval(interval)
    count = -count if subtract else count
    if value.type not in ("date", "timestamp"):
        raise CannotCompile(f"an interval beside {value.type} is not supported")
    if value.type == "date" and unit in _DAYS:
        return add_days(value, literal(count * _DAYS[unit], "integer"), subtract=False)
    if value.type == "date" and unit in _MONTHS:
        return make_expression("add_months", "date", [value, literal(count * _MONTHS[unit], "integer")])
    time = cast(value, "timestamp")
    if unit not in _MICROS:
        return add_units(time, unit, literal(count, "long"))
    # Spark adds complete days to the date, and the rest to the instant.
    days, rest = divmod(abs(count) * _MICROS[unit], _MICROS_OF_DAY)
    sign = -1 if count < 0 else 1
    time = add_units(time, "DAY", literal(sign * days, "long")) if days else time
    return add_units(time, "MICROSECOND", literal(sign * rest, "long")) if rest or not days else time


def _split_interval(interval: Any) -> tuple[str, int]:
    unit = str(interval.args["unit"].name).upper() if interval.args.get("unit") is not None else ""
    unit = unit.removesuffix("S")
    amount = interval.this
    is_literal = type(amount).__name__ == "Literal"
    text = str(amount.this).strip() if is_literal else ""
    if unit not in _UNITS or not _COUNT.fullmatch(text):
        raise CannotCompile(
            f"its interval `{interval.sql('spark')}` is not supported: write one number and one unit, as in "
            "INTERVAL 3 DAYS"
        )
    return unit, int(text)
