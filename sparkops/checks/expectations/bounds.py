"""Whether an observed value lies between two bounds, by Great Expectations' rules for texts of dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sparkops.checks.expectations.metric_plan import Judged

BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")


def between(observed: Any, args: Mapping[str, Any]) -> Judged:
    """Judge an observed value by `min_value`, `max_value`, `strict_min` and `strict_max`.

    Raises:
        TypeError: The value and a bound cannot be compared.
        ValueError: A text that must be a date is none.
    """
    if observed is None:
        return Judged(success=False, result={"observed_value": None})
    least, most = args["min_value"], args["max_value"]
    value = _like(observed, (least, most))
    above = least is None or (value > least if args.get("strict_min") else value >= least)
    below = most is None or (value < most if args.get("strict_max") else value <= most)
    return Judged(bool(above and below), {"observed_value": value})


def _like(value: Any, bounds: tuple[Any, Any]) -> Any:
    if any(isinstance(bound, datetime) for bound in bounds):
        return _parsed(value)
    if any(isinstance(bound, date) for bound in bounds):
        return _parsed(value).date()
    return value


def _parsed(value: Any) -> datetime:
    from dateutil.parser import parse  # type: ignore[import-untyped]  # pandas brings it, without types

    try:
        parsed: datetime = parse(value)
    except TypeError:
        raise ValueError(
            f'Could not parse "metric_value" of {value} (of type "{type(value)!s}) into datetime representation.'
        ) from None
    return parsed
