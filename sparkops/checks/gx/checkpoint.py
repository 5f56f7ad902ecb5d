"""Expectations that Great Expectations itself judges, and its own results as its renderers want them.

Importing this module imports Great Expectations; `library` does so late.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.validator.validation_statistics import calc_validation_statistics

from sparkops.checks.expectations.metric_plan import SAMPLES
from sparkops.checks.gx.expectation_builder import build
from sparkops.checks.gx.one_pass_engine import OnePassDatasource, OnePassEngine
from sparkops.checks.results import Found
from sparkops.checks.suite.suite import Suite
from sparkops.checks.validation import Validation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": SAMPLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a checkpoint found on one frame.

    Args:
        found: By position in the suite, for each expectation that it returned.
        engine: The engine that computed it, with the row conditions it built.
    """

    found: dict[int, Found]
    engine: OnePassEngine


def run_checkpoint(suite: Suite, expectations: dict[int, Any], frame: DataFrame, *, run_id: str) -> Checked:
    """Run expectations as a checkpoint on the frame.

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
    found = {one.expectation_config.meta["sparkops"]["position"]: _found(one) for one in validation.results}
    return Checked(found=found, engine=source.get_execution_engine())


def _project() -> DataContextConfig:
    """Return a project that lives in memory: no files, no telemetry, no progress bars."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


def _found(result: Any) -> Found:
    told = result.to_json_dict()
    return Found(bool(told["success"]), told.get("result") or {}, _raised(result.exception_info))


def _raised(info: Any) -> str | None:
    """Return what was raised while the expectation was evaluated, if anything was."""
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
            return str(message)
    return None


def drawable(validation: Validation) -> Any:
    """Return a validation as Great Expectations' own object, for its renderers."""
    made = build(validation.suite)
    results = [_result(made[index], validation.found[index]) for index in sorted(validation.found)]
    statistics = calc_validation_statistics(results)
    run = RunIdentifier(run_name=validation.run_id, run_time=validation.time)
    name = validation.suite.table
    return ExpectationSuiteValidationResult(
        success=statistics.success,
        results=results,
        suite_name=name,
        suite_parameters={},
        statistics=statistics._asdict(),
        meta={
            "great_expectations_version": gx.__version__,
            "batch_spec": {},
            "batch_markers": {},
            "active_batch_definition": {"data_asset_name": name},
            "checkpoint_name": name,
            "validation_id": None,
            "checkpoint_id": None,
            "run_id": run,
            "validation_time": validation.time.isoformat(),
        },
        batch_id=name,
    )


def _result(expectation: Any, found: Found) -> Any:
    info = {
        "raised_exception": found.raised is not None,
        "exception_message": found.raised,
        "exception_traceback": None,
    }
    return ExpectationValidationResult(
        success=found.success,
        expectation_config=expectation.configuration,
        result=dict(found.result),
        meta={},
        exception_info=info,
    )
