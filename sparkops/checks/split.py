"""Which rows break a quarantine expectation, by Great Expectations' own row conditions.

Importing this module imports Great Expectations; `library` does so late.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.metrics_calculator import MetricsCalculator
from pyspark.sql import functions as F

from sparkops.checks.checkpoint import RESULT_FORMAT
from sparkops.checks.one_pass import OnePassEngine
from sparkops.checks.outcome import REASONS
from sparkops.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_DOMAIN = "sparkops-domain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A frame in two: rows that may be published, and rows to quarantine with their reasons."""

    good: DataFrame
    bad: DataFrame
    rows: int
    quarantined: int


def split(frame: DataFrame, broken: dict[str, Any], engine: OnePassEngine) -> Split:
    """Split a frame by row conditions.

    Args:
        frame: The frame that was checked.
        broken: Label to expectation of Great Expectations, for those that failed.
        engine: The engine of the checkpoint that judged the frame.
    """
    if REASONS in frame.columns:
        raise ConfigError(f"A frame that is checked may not have a column `{REASONS}`; rename or drop it.")
    reasons = [F.when(breaks(expectation, engine), F.lit(label)) for label, expectation in broken.items()]
    marked = frame.withColumn(REASONS, F.filter(F.array(*reasons), lambda reason: reason.isNotNull()))
    held = F.size(F.col(REASONS)) > 0
    counts = marked.agg(F.count(F.lit(1)), F.coalesce(F.sum(F.when(held, 1).otherwise(0)), F.lit(0))).first()
    rows, quarantined = (int(counts[0]), int(counts[1])) if counts else (0, 0)
    return Split(
        good=marked.filter(~held).drop(REASONS), bad=marked.filter(held), rows=rows, quarantined=quarantined
    )


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
