"""Which rows break an expectation, by Great Expectations' own row conditions.

Importing this module imports Great Expectations; `library` does so late.
"""

from __future__ import annotations

from functools import reduce
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.metrics_calculator import MetricsCalculator
from pyspark.sql import functions as F

from sparkops.checks.gx.checkpoint import RESULT_FORMAT
from sparkops.checks.gx.one_pass_engine import OnePassEngine

if TYPE_CHECKING:
    from pyspark.sql import Column

_DOMAIN = "sparkops-domain"


def breaks(expectation: Any, engine: OnePassEngine) -> Column:
    """Return the condition that is true for a row that breaks the expectation, never NULL."""
    depends = expectation.get_validation_dependencies(
        execution_engine=engine, runtime_configuration={"result_format": RESULT_FORMAT}
    )
    count = depends.metric_configurations[f"{expectation.map_metric}.unexpected_count"]
    wanted = MetricConfiguration(
        metric_name=f"{expectation.map_metric}.condition",
        metric_domain_kwargs={
            **count.metric_domain_kwargs,
            "batch_id": engine.batch_manager.active_batch_data_id,
        },
        metric_value_kwargs=count.metric_value_kwargs,
    )
    calculator = MetricsCalculator(execution_engine=engine, show_progress_bars=False)
    unexpected, compute, accessor = calculator.get_metric(wanted)
    inside = _domain({**compute, **accessor}, engine)
    return F.coalesce(reduce(lambda a, b: a & b, [*inside, unexpected]), F.lit(False))


def _domain(domain: dict[str, Any], engine: OnePassEngine) -> list[Column]:
    """Return the conditions by which Great Expectations narrows a frame to an expectation's rows."""
    data = engine.batch_manager.active_batch_data
    recorder = _Recorder(data.dataframe.schema)
    cache = engine.batch_manager.batch_data_cache
    cache[_DOMAIN] = SimpleNamespace(dataframe=recorder)
    try:
        engine.get_domain_records({**domain, "batch_id": _DOMAIN})
    finally:
        del cache[_DOMAIN]
    return recorder.conditions


class _Recorder:
    """Stands where a frame stands and keeps the filters that are put on it."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.conditions: list[Column] = []

    def filter(self, condition: Any) -> _Recorder:
        self.conditions.append(F.expr(condition) if isinstance(condition, str) else condition)
        return self
