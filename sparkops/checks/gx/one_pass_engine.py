"""Great Expectations' own Spark engine with fewer scans, for what only it can judge: same metrics, same values.

The stock engine computes a bundle of aggregates in every round of its graph and fetches unexpected values even
where there are none. This one resolves what costs no job first, so that all counts fall into one bundle, and fetches
values only for expectations whose count is above zero. Everything else, and every meaning, is Great Expectations'.

Importing this module imports Great Expectations; `library` does so late.
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
    """A Spark engine that never persists the frame, bundles late, and recomputes no failure."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "persist": False})
        self._counts: dict[Any, Any] = {}  # id of a row condition -> rows that break it
        self._conditions: dict[Any, Any] = {}  # id of an aggregate function -> id of its row condition
        self._failed: dict[Any, MetricResolutionError] = {}

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[Any],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Resolve the cheapest kind of what is ready; the graph asks again for the rest."""
        ready = [metric for metric in metrics_to_resolve if metric.id not in self._failed]
        if not ready:
            return self._tell_failures(list(metrics_to_resolve), metrics)
        direct = [m for m in ready if not m.metric_name.endswith(_VALUES) and not self._is_bundled(m)]
        values = [m for m in ready if m.metric_name.endswith(_VALUES)]
        bundled = [m for m in ready if m not in direct and m not in values]
        if direct:
            return self._each(direct, metrics, runtime_configuration)
        if bundled:
            return self._together(bundled, metrics, runtime_configuration)
        empty: dict[Any, Any] = {m.id: [] for m in values if self._has_none(m)}
        return empty or self._each(values, metrics, runtime_configuration)

    def _is_bundled(self, metric: Any) -> bool:
        return get_metric_provider(metric_name=metric.metric_name, execution_engine=self)[1] is None

    def _each(self, wanted: list[Any], metrics: Any, runtime: Any) -> dict[Any, Any]:
        """Resolve one by one, so that a metric that fails takes no other with it."""
        found: dict[Any, Any] = {}
        for metric in wanted:
            try:
                found.update(super().resolve_metrics([metric], metrics, runtime))
            except MetricResolutionError as error:
                self._failed[metric.id] = error
            else:
                self._learn(metric, found[metric.id])
        return found or self._tell_failures(wanted, metrics)

    def _together(self, wanted: list[Any], metrics: Any, runtime: Any) -> dict[Any, Any]:
        """Resolve in one job; where that fails, everything but what failed, in one job."""
        try:
            found = super().resolve_metrics(wanted, metrics, runtime)
        except MetricResolutionError as error:
            broken = {metric.id for metric in error.failed_metrics}
            self._failed.update(dict.fromkeys(broken, error))
            rest = [metric for metric in wanted if metric.id not in broken]
            return self._together(rest, metrics, runtime) if rest else self._tell_failures(wanted, metrics)
        for metric in wanted:
            self._learn(metric, found[metric.id])
        return dict(found)

    def _tell_failures(self, wanted: list[Any], metrics: Any) -> dict[Any, Any]:
        failed = [metric for metric in wanted if metric.id in self._failed]
        if not failed:
            return dict(metrics or {})
        first = self._failed[failed[0].id]
        same = [metric for metric in failed if str(self._failed[metric.id]) == str(first)]
        raise MetricResolutionError(message=str(first), failed_metrics=same) from first

    def _learn(self, metric: Any, value: Any) -> None:
        """Keep which row condition a count belongs to, so that no values are fetched where it is zero."""
        depends = metric.metric_dependencies
        if "unexpected_condition" in depends and metric.metric_name.endswith(".aggregate_fn"):
            self._conditions[metric.id] = depends["unexpected_condition"].id
        elif metric.metric_name.endswith(_COUNT) and "unexpected_condition" in depends:
            self._counts[depends["unexpected_condition"].id] = value
        elif metric.metric_name.endswith(_COUNT) and "metric_partial_fn" in depends:
            self._counts[self._conditions.get(depends["metric_partial_fn"].id)] = value

    def _has_none(self, metric: Any) -> bool:
        condition = metric.metric_dependencies.get("unexpected_condition")
        if condition is None or condition.id not in self._counts:
            return False
        return not self._counts[condition.id]  # a sum over no rows is NULL


class OnePassDatasource(SparkDatasource):  # type: ignore[misc]  # the base class is untyped
    """A Spark data source that computes with OnePassEngine; its `type` makes it `context.data_sources.add_sparkops`."""

    type: Literal["sparkops"] = "sparkops"
    execution_engine_override: ClassVar[Any] = OnePassEngine

    def test_connection(self, test_assets: bool = True) -> None:
        """Start no session: the frame that is checked brings its own."""

    def use(self, spark: SparkSession) -> None:
        """Compute in the session of the frame."""
        self._spark = spark
