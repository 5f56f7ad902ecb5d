"""A suite that Great Expectations has validated, with its arguments as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.checks.suite.suite import Expectation, Suite

DISPLAY_ARGUMENTS = ("description", "notes")
_CORE_MODULES = "great_expectations.expectations.core."
# The only argument that is a mapping; any other mapping refers to a parameter of the suite.
_MAPPING_ARGUMENT = "quantile_ranges"


@dataclass(frozen=True, slots=True)
class CompiledSuite:
    """A valid suite.

    Args:
        native: Type and arguments of the expectations that are evaluated without Great Expectations, by position.
        by_gx: Positions of those that Great Expectations evaluates.
    """

    native: Mapping[int, tuple[str, Mapping[str, Any]]]
    by_gx: tuple[int, ...]

    @classmethod
    def of(cls, suite: Suite, arguments: Sequence[Mapping[str, Any] | None]) -> CompiledSuite:
        """Return the compiled suite.

        Args:
            suite: The suite.
            arguments: Arguments of each expectation, or None if Great Expectations evaluates it.
        """
        native = {
            index: (suite.expectations[index].type, values)
            for index, values in enumerate(arguments)
            if values is not None
        }
        return cls(native, tuple(index for index, values in enumerate(arguments) if values is None))


def parse_suite(suite: Suite) -> tuple[list[dict[str, Any] | None], bool]:
    """Validate a suite with Great Expectations, which must be imported.

    Returns:
        The arguments of each expectation, or None if Great Expectations evaluates it; and whether every expectation is
        one of Great Expectations' own.

    Raises:
        ConfigError: With every mistake, each with file and line.
    """
    from sparkops.checks.gx.expectation_builder import build_expectations

    built = build_expectations(suite)
    arguments = [_parse_arguments(*pair) for pair in zip(suite.expectations, built, strict=True)]
    return arguments, all(map(_is_core, built))


def _parse_arguments(expectation: Expectation, built: Any) -> dict[str, Any] | None:
    """Return an expectation's arguments as Great Expectations parsed them; None if it must evaluate them itself."""
    from sparkops.checks.expectations.metric_plan import CONDITION_ARGUMENTS
    from sparkops.checks.expectations.planners import PLANNERS

    planner = PLANNERS.get(expectation.type)
    condition = expectation.kwargs.get("row_condition")
    if (
        planner is None
        or not _is_core(built)
        or not set(expectation.kwargs) <= {*planner.arguments, *DISPLAY_ARGUMENTS}
        or expectation.kwargs.get("condition_parser") not in (None, "spark")
        or not (condition is None or isinstance(condition, str))
    ):
        return None
    values = built.dict()
    arguments = {name: values[name] for name in planner.arguments if name not in CONDITION_ARGUMENTS}
    if any(isinstance(value, dict) and name != _MAPPING_ARGUMENT for name, value in arguments.items()):
        return None
    return {**arguments, "row_condition": condition}


def _is_core(built: Any) -> bool:
    return type(built).__module__.startswith(_CORE_MODULES)
