"""The condition of the rows that fail an expectation, built by Great Expectations itself.

Importing this module imports Great Expectations; `GxLibrary` imports it in the background.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.metrics_calculator import MetricsCalculator
from pyspark.sql import functions as F

from sparkops.checks.gx.checkpoint import RESULT_FORMAT
from sparkops.checks.gx.one_pass_engine import OnePassEngine

if TYPE_CHECKING:
    from pyspark.sql import Column

_BATCH_ID = "sparkops-domain"


def build_unexpected_condition(expectation: Any, engine: OnePassEngine) -> Column:
    """Return the condition that is true for a row that fails the expectation, and false, never NULL, for others."""
    dependencies = expectation.get_validation_dependencies(
        execution_engine=engine, runtime_configuration={"result_format": RESULT_FORMAT}
    )
    count = dependencies.metric_configurations[f"{expectation.map_metric}.unexpected_count"]
    condition_metric = MetricConfiguration(
        metric_name=f"{expectation.map_metric}.condition",
        metric_domain_kwargs={
            **count.metric_domain_kwargs,
            "batch_id": engine.batch_manager.active_batch_data_id,
        },
        metric_value_kwargs=count.metric_value_kwargs,
    )
    calculator = MetricsCalculator(execution_engine=engine, show_progress_bars=False)
    unexpected, compute_domain, accessor_domain = calculator.get_metric(condition_metric)
    filters = _record_domain_filters({**compute_domain, **accessor_domain}, engine)
    return F.coalesce(reduce(and_, [*filters, unexpected]), F.lit(False))


def _record_domain_filters(domain: dict[str, Any], engine: OnePassEngine) -> list[Column]:
    """Return the filters with which Great Expectations restricts a frame to an expectation's rows."""
    recorder = _FilterRecorder(engine.batch_manager.active_batch_data.dataframe.schema)
    cache = engine.batch_manager.batch_data_cache
    cache[_BATCH_ID] = SimpleNamespace(dataframe=recorder)
    try:
        engine.get_domain_records({**domain, "batch_id": _BATCH_ID})
    finally:
        del cache[_BATCH_ID]
    return recorder.filters


class _FilterRecorder:
    """A substitute for a DataFrame that records the filters applied to it."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.filters: list[Column] = []

    def filter(self, condition: Any) -> _FilterRecorder:
        self.filters.append(F.expr(condition) if isinstance(condition, str) else condition)
        return self
