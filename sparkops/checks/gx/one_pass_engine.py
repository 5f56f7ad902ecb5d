"""The Spark engine of Great Expectations with fewer scans and the same metric values.

It is used for the expectations that only Great Expectations evaluates. The stock engine computes a bundle of aggregates
in every round of its metric graph, and fetches unexpected values even if there are none. This engine first resolves the
metrics that need no job, so that all counts are in one bundle, and fetches values only for expectations whose count is
above zero.

Importing this module imports Great Expectations; `GxLibrary` imports it in the background.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from great_expectations.datasource.fluent import SparkDatasource
from great_expectations.exceptions import MetricResolutionError
from great_expectations.execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.registry import get_metric_provider

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_VALUES = ".unexpected_values"
_COUNT = ".unexpected_count"


class OnePassEngine(SparkDFExecutionEngine):  # type: ignore[misc]  # the base class is untyped
    """A Spark engine that bundles as many metrics as possible, never persists the frame, and retries no failure."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "persist": False})
        # Id of a condition -> number of unexpected rows.
        self._counts: dict[Any, Any] = {}
        # Id of an aggregate function -> id of its condition.
        self._conditions: dict[Any, Any] = {}
        self._failed: dict[Any, MetricResolutionError] = {}

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[Any],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Resolve the cheapest kind of the metrics; the graph calls again for the rest."""
        ready = [metric for metric in metrics_to_resolve if metric.id not in self._failed]
        if not ready:
            return self._raise_failures(list(metrics_to_resolve), metrics)
        direct = [m for m in ready if not m.metric_name.endswith(_VALUES) and not self._is_bundled(m)]
        values = [m for m in ready if m.metric_name.endswith(_VALUES)]
        bundled = [m for m in ready if m not in direct and m not in values]
        if direct:
            return self._resolve_each(direct, metrics, runtime_configuration)
        if bundled:
            return self._resolve_bundle(bundled, metrics, runtime_configuration)
        empty: dict[Any, Any] = {m.id: [] for m in values if self._has_no_unexpected_rows(m)}
        return empty or self._resolve_each(values, metrics, runtime_configuration)

    def _is_bundled(self, metric: Any) -> bool:
        return get_metric_provider(metric_name=metric.metric_name, execution_engine=self)[1] is None

    def _resolve_each(self, metrics_to_resolve: list[Any], metrics: Any, runtime: Any) -> dict[Any, Any]:
        """Resolve one by one, so that a metric that fails does not affect the others."""
        values: dict[Any, Any] = {}
        for metric in metrics_to_resolve:
            try:
                values.update(super().resolve_metrics([metric], metrics, runtime))
            except MetricResolutionError as error:
                self._failed[metric.id] = error
            else:
                self._record(metric, values[metric.id])
        return values or self._raise_failures(metrics_to_resolve, metrics)

    def _resolve_bundle(self, metrics_to_resolve: list[Any], metrics: Any, runtime: Any) -> dict[Any, Any]:
        """Resolve in one job; if that fails, resolve all metrics that did not fail, in one job."""
        try:
            values = super().resolve_metrics(metrics_to_resolve, metrics, runtime)
        except MetricResolutionError as error:
            failed = {metric.id for metric in error.failed_metrics}
            self._failed.update(dict.fromkeys(failed, error))
            rest = [metric for metric in metrics_to_resolve if metric.id not in failed]
            if not rest:
                return self._raise_failures(metrics_to_resolve, metrics)
            return self._resolve_bundle(rest, metrics, runtime)
        for metric in metrics_to_resolve:
            self._record(metric, values[metric.id])
        return dict(values)

    def _raise_failures(self, metrics_to_resolve: list[Any], metrics: Any) -> dict[Any, Any]:
        """Raise the first failure for all metrics that it explains; return the known values if none failed."""
        failed = [metric for metric in metrics_to_resolve if metric.id in self._failed]
        if not failed:
            return dict(metrics or {})
        first = self._failed[failed[0].id]
        same = [metric for metric in failed if str(self._failed[metric.id]) == str(first)]
        raise MetricResolutionError(message=str(first), failed_metrics=same) from first

    def _record(self, metric: Any, value: Any) -> None:
        """Record the count of each condition, so that no values are fetched if it is zero."""
        dependencies = metric.metric_dependencies
        if "unexpected_condition" in dependencies and metric.metric_name.endswith(".aggregate_fn"):
            self._conditions[metric.id] = dependencies["unexpected_condition"].id
        elif metric.metric_name.endswith(_COUNT) and "unexpected_condition" in dependencies:
            self._counts[dependencies["unexpected_condition"].id] = value
        elif metric.metric_name.endswith(_COUNT) and "metric_partial_fn" in dependencies:
            self._counts[self._conditions.get(dependencies["metric_partial_fn"].id)] = value

    def _has_no_unexpected_rows(self, metric: Any) -> bool:
        condition = metric.metric_dependencies.get("unexpected_condition")
        if condition is None or condition.id not in self._counts:
            return False
        # A sum over no rows is NULL.
        return not self._counts[condition.id]


class OnePassDatasource(SparkDatasource):  # type: ignore[misc]  # the base class is untyped
    """A Spark data source that computes with OnePassEngine.

    Great Expectations derives the method `context.data_sources.add_sparkops` from `type`.
    """

    type: Literal["sparkops"] = "sparkops"
    execution_engine_override: ClassVar[Any] = OnePassEngine

    def test_connection(self, test_assets: bool = True) -> None:
        """Do nothing: the frame that is checked has a session."""

    def use_session(self, spark: SparkSession) -> None:
        """Compute in the session of the frame that is checked."""
        self._spark = spark
