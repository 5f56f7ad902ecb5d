"""One run of a real Great Expectations checkpoint on a Spark frame.

Importing this module imports Great Expectations; `library` does so late.
"""

from __future__ import annotations

import json
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.validator.validation_statistics import calc_validation_statistics

from sparkops.checks.one_pass import OnePassDatasource, OnePassEngine
from sparkops.checks.suite import Suite
from sparkops.pipeline.check import CheckResult

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SAMPLES = 20
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": SAMPLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a checkpoint found on one frame.

    Args:
        results: One per expectation that was checked, by its position in the suite.
        found: Great Expectations' own result of each, by position.
        validation: Great Expectations' own result of the whole.
        engine: The engine that computed it, with the row conditions it built.
    """

    results: dict[int, CheckResult]
    found: dict[int, Any]
    validation: Any
    engine: OnePassEngine

    def joined(self, other: Checked) -> Checked:
        """Return what both found on the same frame."""
        return replace(self, results={**self.results, **other.results}, found={**self.found, **other.found})


def run_checkpoint(suite: Suite, expectations: dict[int, Any], frame: DataFrame, *, run_id: str) -> Checked:
    """Run the suite as a checkpoint on the frame.

    Args:
        suite: The suite as it is written.
        expectations: Those to check, by their position in the suite, as `catalogue.build` made them.
        frame: Rows to check.
        run_id: Run of sparkops, the name of Great Expectations' run.
    """
    context = gx.get_context(mode="ephemeral", project_config=_project())
    source: OnePassDatasource = context.data_sources.add_sparkops(name="sparkops", persist=False)
    source.use(frame.sparkSession)
    batch = source.add_dataframe_asset(suite.table).add_batch_definition_whole_dataframe("whole")
    own = context.suites.add(
        gx.ExpectationSuite(name=suite.table, expectations=[copy(one) for one in expectations.values()])
    )
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=suite.table, data=batch, suite=own)
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=suite.table, validation_definitions=[definition], result_format=RESULT_FORMAT)
    )
    told = checkpoint.run(
        batch_parameters={"dataframe": frame},
        run_id=RunIdentifier(run_name=run_id, run_time=datetime.now(UTC)),
    )
    validation = next(iter(told.run_results.values()))
    found = {one.expectation_config.meta["sparkops"]["position"]: one for one in validation.results}
    results = {index: _result(suite, index, found.get(index)) for index in expectations}
    return Checked(results=results, found=found, validation=validation, engine=source.get_execution_engine())


def _project() -> DataContextConfig:
    """Return a project that lives in memory: no files, no telemetry, no progress bars."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


def merged(checked: Checked, held: dict[int, Any]) -> Any:
    """Return the validation of what may be published, with the failures that set rows apart in their places."""
    found = {**checked.found, **held}
    results = [found[index] for index in sorted(found)]
    statistics = calc_validation_statistics(results)
    return ExpectationSuiteValidationResult(
        success=statistics.success,
        results=results,
        suite_name=checked.validation.suite_name,
        suite_parameters=checked.validation.suite_parameters,
        statistics=statistics._asdict(),
        meta={
            **checked.validation.meta,
            "active_batch_definition": {"data_asset_name": checked.validation.suite_name},
        },
        batch_id=checked.validation.batch_id,
    )


def _result(suite: Suite, index: int, found: Any) -> CheckResult:
    """Turn one result into a plain value; a missing one, or one that raised, did not hold."""
    expectation = suite.expectations[index]
    error = "Great Expectations returned no result for it." if found is None else _error(found.exception_info)
    values = plain(found.to_json_dict().get("result") or {}) if found is not None else {}
    return CheckResult(
        table=suite.table,
        expectation=expectation.type,
        kwargs=plain(expectation.kwargs),
        policy=expectation.policy,
        success=found is not None and bool(found.success) and error is None,
        observed=values.get("observed_value"),
        rows=values.get("element_count"),
        unexpected=(values.get("unexpected_count") or 0) if "unexpected_count" in values else None,
        samples=tuple(values.get("partial_unexpected_list") or ())[:SAMPLES],
        error=error,
        place=expectation.place,
    )


def _error(info: Any) -> str | None:
    """Return the first line of what was raised while the expectation was evaluated, if anything was."""
    if not info:
        return None
    entries = [info] if "exception_message" in info else list(info.values())
    for entry in entries:
        message = (
            entry.get("exception_message")
            if isinstance(entry, dict)
            else getattr(entry, "exception_message", "")
        )
        if message:
            lines = [line.strip() for line in str(message).splitlines() if line.strip()]
            return lines[0] if lines else "it raised an error without a message"
    return None


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: dates as ISO text, decimals as numbers, rows and sets as lists."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    try:
        json.dumps(value)
    except TypeError:
        return str(value)
    return value
