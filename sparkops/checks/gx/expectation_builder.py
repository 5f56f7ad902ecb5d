"""Build the expectations of Great Expectations from a suite, and report every wrong name and argument with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from sparkops.checks.suite.problems import raise_problems
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.core.wording import did_you_mean
from sparkops.errors import Problem, as_clause

# Fields that are not arguments of a suite.
_HIDDEN_FIELDS = ("id", "meta", "notes", "rendered_content", "result_format", "catch_exceptions", "windows")
_ORDER_METRICS = ("column_values.increasing", "column_values.decreasing")
_UNIQUENESS_METRICS = ("column_values.unique", "compound_columns.unique")


def build_expectations(suite: Suite) -> list[Any]:
    """Return the Great Expectations object of each expectation; its `meta` contains the position in the suite.

    Raises:
        ConfigError: Unknown expectations, unknown or wrong arguments, or `quarantine` on an expectation that is not
            about rows.
    """
    problems: list[Problem] = []
    expectations = [
        _build(expectation, index, problems) for index, expectation in enumerate(suite.expectations)
    ]
    raise_problems(suite.place.file, problems)
    return expectations


def is_row_level(implementation: type[Any]) -> bool:
    """Return whether an expectation class decides for each row whether it fails."""
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )

    map_classes = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)
    return issubclass(implementation, map_classes) and implementation.map_metric not in _ORDER_METRICS


def _build(expectation: Expectation, index: int, problems: list[Problem]) -> Any:
    """Return one object, or None after its problems were added to the list."""
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    def add_problems(*messages: str) -> None:
        problems.extend(Problem(expectation.type, message, expectation.place) for message in messages)

    known = sorted(list_registered_expectation_implementations())
    if expectation.type not in known:
        suggestion = did_you_mean(expectation.type, known)
        add_problems(f"Great Expectations has no `{expectation.type}`.{suggestion}")
        return None
    implementation = get_expectation_impl(expectation.type)
    add_problems(*_find_misuses(expectation, implementation), *_find_schema_mistakes(expectation))
    severity = {"severity": expectation.severity} if expectation.severity else {}
    meta = {**expectation.meta, "sparkops": {"position": index, "policy": expectation.policy}}
    try:
        gx_expectation = implementation(**_to_gx_arguments(expectation.kwargs), **severity, meta=meta)
        return _convert_bounds(gx_expectation)
    except ValidationError as error:
        add_problems(
            *[_format_validation_error(expectation, implementation, item) for item in error.errors()]
        )
    except (GreatExpectationsError, TypeError, ValueError, OverflowError) as error:
        add_problems(f"`{expectation.type}`: {error}")
    return None


def _to_gx_arguments(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with a textual `row_condition` as the condition object of Great Expectations for Spark SQL."""
    from great_expectations.expectations.row_conditions import PassThroughCondition

    condition, parser = kwargs.get("row_condition"), kwargs.get("condition_parser")
    if not isinstance(condition, str) or parser not in (None, "spark"):
        return dict(kwargs)
    others = {key: value for key, value in kwargs.items() if key not in ("row_condition", "condition_parser")}
    return {**others, "row_condition": PassThroughCondition(pass_through_filter=condition)}


def _convert_bounds(gx_expectation: Any) -> Any:
    """Return an expectation with two times as bounds if one is a date, which Python does not compare with a time."""
    bounds = {name: getattr(gx_expectation, name, None) for name in ("min_value", "max_value")}
    if not any(isinstance(bound, datetime) for bound in bounds.values()):
        return gx_expectation
    dates = {
        name: datetime.combine(bound, time.min)
        for name, bound in bounds.items()
        if isinstance(bound, date) and not isinstance(bound, datetime)
    }
    return gx_expectation.copy(update=dates) if dates else gx_expectation


def _find_misuses(expectation: Expectation, implementation: type[Any]) -> Iterator[str]:
    """Yield what is wrong with an expectation's `fail_over` or policy."""
    name = f"`{expectation.type}`"
    if expectation.fail_over and not is_row_level(implementation):
        yield f"{name} counts no failing rows, so `fail_over` has no effect on it: remove it."
    elif expectation.policy == "quarantine" and not is_row_level(implementation):
        yield (
            f"{name} judges the table as a whole, so there are no rows to quarantine: "
            "use `policy: fail` or `policy: warn`."
        )
    elif (
        expectation.policy == "quarantine"
        and implementation.map_metric in _UNIQUENESS_METRICS
        and expectation.kwargs.get("row_condition")
    ):
        yield (
            f"{name} counts duplicates among the rows of its `row_condition` only, so it cannot quarantine: "
            "use `policy: fail`, or leave out `row_condition`."
        )


def _find_schema_mistakes(expectation: Expectation) -> Iterator[str]:
    """Yield what is wrong with a JSON schema."""
    # Great Expectations depends on it; it has no types.
    from jsonschema import SchemaError  # type: ignore[import-untyped]
    from jsonschema.validators import validator_for  # type: ignore[import-untyped]

    schema = expectation.kwargs.get("json_schema")
    if isinstance(schema, dict):
        try:
            validator_for(schema).check_schema(schema)
        except SchemaError as error:
            yield f"`{expectation.type}`: `json_schema` is not valid: {as_clause(error.message)}."


def _format_validation_error(
    expectation: Expectation, implementation: type[Any], item: dict[str, Any]
) -> str:
    """Return the message for one error of pydantic."""
    name = str(item["loc"][0]) if item["loc"] else ""
    fields = sorted(set(implementation.__fields__) - set(_HIDDEN_FIELDS))
    if item["type"] == "value_error.extra":
        suggestion = did_you_mean(name, fields)
        return f"`{expectation.type}` takes no `{name}`.{suggestion} It takes: {', '.join(fields)}."
    if item["type"] == "value_error.missing":
        return f"`{expectation.type}` needs `{name}`."
    detail = re.sub(r"\s+", " ", str(item["msg"]))
    if name == "__root__":
        return f"`{expectation.type}`: {as_clause(detail)}."
    value = f" is {expectation.kwargs[name]!r}" if name in expectation.kwargs else ""
    return f"`{expectation.type}`: `{name}`{value}: {as_clause(detail)}."
