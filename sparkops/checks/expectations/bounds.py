"""Compare an observed value with an expectation's bounds, as Great Expectations does."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Literal

from sparkops.checks.expectations.metric_plan import Arguments, Verdict

# A year beyond 9999 has a plus sign; before year 1 it has a minus sign, or is 0000.
_BEYOND_PYTHON = re.compile(r"(?P<sign>[+-])\d{4,}-\d\d|0000-\d\d")
BOUND_ARGUMENTS = ("min_value", "max_value", "strict_min", "strict_max")


def judge_bounds(observed: Any, args: Arguments) -> Verdict:
    """Judge an observed value by `min_value`, `max_value`, `strict_min` and `strict_max`.

    Raises:
        TypeError: The value and a bound cannot be compared.
        ValueError: A bound is a date, and the value is text that is not.
    """
    if observed is None:
        return Verdict(success=False, result={"observed_value": None})
    minimum, maximum = args["min_value"], args["max_value"]
    if (side := _find_side_beyond_python(observed, (minimum, maximum))) is not None:
        is_within = (minimum if side == "before" else maximum) is None
        return Verdict(is_within, {"observed_value": observed})
    value = _to_type_of_bounds(observed, (minimum, maximum))
    above = minimum is None or (value > minimum if args.get("strict_min") else value >= minimum)
    below = maximum is None or (value < maximum if args.get("strict_max") else value <= maximum)
    return Verdict(bool(above and below), {"observed_value": value})


def _find_side_beyond_python(value: Any, bounds: tuple[Any, Any]) -> Literal["before", "after"] | None:
    """Return the side of all bounds on which a date lies that Python cannot represent; None for any other value."""
    if not isinstance(value, str) or not any(isinstance(bound, date) for bound in bounds):
        return None
    match = _BEYOND_PYTHON.match(value)
    if match is None:
        return None
    return "after" if match["sign"] == "+" else "before"


def _to_type_of_bounds(value: Any, bounds: tuple[Any, Any]) -> Any:
    """Parse the ISO text of a date if a bound is a date."""
    if any(isinstance(bound, datetime) for bound in bounds):
        return _parse_datetime(value)
    if any(isinstance(bound, date) for bound in bounds):
        return _parse_datetime(value).date()
    return value


def _parse_datetime(value: Any) -> datetime:
    # A dependency of pandas, without types.
    from dateutil.parser import parse  # type: ignore[import-untyped]

    try:
        parsed: datetime = parse(value)
    except TypeError:
        raise ValueError(
            f'Could not parse "metric_value" of {value} (of type "{type(value)!s}) into datetime representation.'
        ) from None
    return parsed
