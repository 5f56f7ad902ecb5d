"""Run expectations as a checkpoint of Great Expectations.

Importing this module imports Great Expectations; `GxLibrary` imports it in the background.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from sparkops.checks.gx.one_pass_engine import OnePassDatasource, OnePassEngine
from sparkops.checks.results import SAMPLE_SIZE, ExpectationResult
from sparkops.checks.suite.suite import Suite

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": SAMPLE_SIZE}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointResult:
    """The result of a checkpoint on one frame.

    Args:
        results: By position in the suite, for each expectation that the checkpoint returned.
        engine: The engine that computed them, which also builds the conditions of failing rows.
    """

    results: dict[int, ExpectationResult]
    engine: OnePassEngine


def run_checkpoint(
    suite: Suite, expectations: dict[int, Any], frame: DataFrame, *, run_id: str
) -> CheckpointResult:
    """Run expectations as a checkpoint on the frame.

    Args:
        suite: The suite as written.
        expectations: Those to evaluate, by position in the suite, as `build_expectations` returned them.
        frame: Rows to check.
        run_id: Run of sparkops, which names the run of Great Expectations.
    """
    context = gx.get_context(mode="ephemeral", project_config=_build_in_memory_project())
    source: OnePassDatasource = context.data_sources.add_sparkops(name="sparkops", persist=False)
    source.use_session(frame.sparkSession)
    batch = source.add_dataframe_asset(suite.table).add_batch_definition_whole_dataframe("whole")
    copies = [copy(expectation) for expectation in expectations.values()]
    gx_suite = context.suites.add(gx.ExpectationSuite(name=suite.table, expectations=copies))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=suite.table, data=batch, suite=gx_suite)
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=suite.table, validation_definitions=[definition], result_format=RESULT_FORMAT)
    )
    checkpoint_result = checkpoint.run(
        batch_parameters={"dataframe": frame},
        run_id=RunIdentifier(run_name=run_id, run_time=datetime.now(UTC)),
    )
    validation = next(iter(checkpoint_result.run_results.values()))
    results = {_read_position(result): _to_expectation_result(result) for result in validation.results}
    return CheckpointResult(results=results, engine=source.get_execution_engine())


def _read_position(result: Any) -> int:
    """Return the position in the suite, which `build_expectations` wrote to the expectation's `meta`."""
    position: int = result.expectation_config.meta["sparkops"]["position"]
    return position


def _build_in_memory_project() -> DataContextConfig:
    """Return a project in memory: no files, no telemetry, no progress bars."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


def _to_expectation_result(result: Any) -> ExpectationResult:
    values = result.to_json_dict()
    return ExpectationResult(
        bool(values["success"]), values.get("result") or {}, _find_exception_message(result.exception_info)
    )


def _find_exception_message(info: Any) -> str | None:
    """Return the first message of an `exception_info`, which is one entry or a mapping of entries."""
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
