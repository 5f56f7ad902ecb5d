"""Great Expectations' own expectations, made from a suite; every unknown name and argument at once, with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.checks.suite.suite_file import near, refuse
from sparkops.errors import Problem

_HIDDEN = ("id", "meta", "notes", "rendered_content", "result_format", "catch_exceptions", "windows")
_ORDERED = ("column_values.increasing", "column_values.decreasing")
_WINDOWED = ("column_values.unique", "compound_columns.unique")


def build(suite: Suite) -> list[Any]:
    """Return one expectation of Great Expectations per expectation of the suite; its `meta` holds the position.

    Raises:
        ConfigError: Unknown expectations, unknown or wrong arguments, or `quarantine` on what is not about rows.
    """
    problems: list[Problem] = []
    made = [_build(each, index, problems) for index, each in enumerate(suite.expectations)]
    refuse(suite.place.file, problems)
    return made


def is_about_rows(implementation: type[Any]) -> bool:
    """Tell whether an expectation says of each row whether it breaks it."""
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )

    maps = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)
    return issubclass(implementation, maps) and implementation.map_metric not in _ORDERED


def _build(expectation: Expectation, index: int, problems: list[Problem]) -> Any:
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    known = sorted(list_registered_expectation_implementations())
    if expectation.type not in known:
        message = f"Great Expectations has no `{expectation.type}`.{near(expectation.type, known)}"
        problems.append(Problem(expectation.type, message, expectation.place))
        return None
    implementation = get_expectation_impl(expectation.type)
    problems += [
        Problem(expectation.type, m, expectation.place) for m in _misuse(expectation, implementation)
    ]
    extra: dict[str, Any] = {"severity": expectation.severity} if expectation.severity else {}
    try:
        meta = {**expectation.meta, "sparkops": {"position": index, "policy": expectation.policy}}
        return implementation(**_conditioned(expectation.kwargs), **extra, meta=meta)
    except ValidationError as error:
        messages = [_told(expectation, implementation, item) for item in error.errors()]
    except (GreatExpectationsError, TypeError, ValueError) as error:
        messages = [f"`{expectation.type}`: {error}"]
    problems += [Problem(expectation.type, message, expectation.place) for message in messages]
    return None


def _conditioned(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments whose `row_condition`, when it is a text, is Spark SQL said in Great Expectations' present way."""
    from great_expectations.expectations.row_conditions import PassThroughCondition

    condition, parser = kwargs.get("row_condition"), kwargs.get("condition_parser")
    if not isinstance(condition, str) or parser not in (None, "spark"):
        return dict(kwargs)
    others = {key: value for key, value in kwargs.items() if key not in ("row_condition", "condition_parser")}
    return {**others, "row_condition": PassThroughCondition(pass_through_filter=condition)}


def _misuse(expectation: Expectation, implementation: type[Any]) -> list[str]:
    if expectation.fail_over and not is_about_rows(implementation):
        told = "counts no rows that break it, so `fail_over` means nothing for it: take it out."
        return [f"`{expectation.type}` {told}"]
    if expectation.policy != "quarantine":
        return []
    if not is_about_rows(implementation):
        told = "judges the table as a whole, so there are no rows to quarantine: use `policy: fail` or `policy: warn`."
        return [f"`{expectation.type}` {told}"]
    if implementation.map_metric in _WINDOWED and expectation.kwargs.get("row_condition"):
        told = "counts duplicates among the rows of its `row_condition` only, so it cannot quarantine"
        return [f"`{expectation.type}` {told}: use `policy: fail`, or leave out `row_condition`."]
    return []


def _told(expectation: Expectation, implementation: type[Any], item: dict[str, Any]) -> str:
    name = str(item["loc"][0]) if item["loc"] else ""
    fields = sorted(set(implementation.__fields__) - set(_HIDDEN))
    if item["type"] == "value_error.extra":
        return f"`{expectation.type}` takes no `{name}`.{near(name, fields)} It takes: {', '.join(fields)}."
    if item["type"] == "value_error.missing":
        return f"`{expectation.type}` needs `{name}`."
    given = f" is {expectation.kwargs[name]!r}" if name in expectation.kwargs else ""
    said = re.sub(r"\s+", " ", str(item["msg"]))
    return (
        f"`{expectation.type}`: `{name}`{given}: {said}."
        if name != "__root__"
        else f"`{expectation.type}`: {said}."
    )
