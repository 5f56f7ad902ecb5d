"""Metrics of the service in the text format of Prometheus. Labels are only names that the project declares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from sparkops.api.contexts.worker import read_memory
from sparkops.api.database.submission import Submission
from sparkops.runs.records.states import STATES

if TYPE_CHECKING:
    from sparkops.api.dispatcher import Dispatcher

# Label of what is not declared any more.
_OTHER: Final = "other"
_BUCKETS: Final = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)


class ServiceMetrics:
    """Counts the ends of runs, and describes the queue and the processes when it is asked.

    Args:
        dispatcher: The queue and the contexts.
        find_jobs: Returns the names of the declared jobs, which may change.
    """

    def __init__(self, dispatcher: Dispatcher, find_jobs: Callable[[], Collection[str]]) -> None:
        self._dispatcher, self._find_jobs = dispatcher, find_jobs
        self._registry = CollectorRegistry()
        self._runs = Counter(
            "sparkops_runs", "Runs that have ended.", ["job", "state"], registry=self._registry
        )
        self._durations = Histogram(
            "sparkops_run_duration_seconds", "From the start of a run in its context until its end.", ["job"],
            buckets=_BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._registry.register(self)

    def count(self, submission: Submission) -> None:
        """Count a request that has ended."""
        job = submission.request.job if submission.request.job in self._find_jobs() else _OTHER
        outcome = submission.outcome
        state = outcome.state if outcome is not None and outcome.state in STATES else _OTHER
        self._runs.labels(job, state).inc()
        if submission.started is not None and submission.ended is not None:
            self._durations.labels(job).observe(max(0.0, submission.ended - submission.started))

    def format(self) -> bytes:
        """Return all metrics as text.

        Raises:
            EngineError: The database does not answer.
        """
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        """Return nothing: the names of the metrics are known when they are collected."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the queue, the contexts and the process of the service."""
        store = self._dispatcher.store
        queues = store.describe_queues()
        contexts = self._dispatcher.contexts
        now = store.clock()
        lengths = {name: queues[name][0] if name in queues else 0 for name in contexts}
        waits = {name: max(0.0, now - queues[name][1]) if name in queues else 0.0 for name in contexts}
        yield _make_gauge("queue_length", "Requests that wait.", lengths)
        yield _make_gauge("queue_oldest_wait_seconds", "How long the oldest request waits.", waits)
        active = {name: context.active for name, context in contexts.items()}
        yield _make_gauge("active_runs", "Runs that processes have.", active)
        memory = {name: context.memory for name, context in contexts.items()}
        yield _make_gauge("worker_memory_bytes", "Memory of the processes after their last runs.", memory)
        workers = GaugeMetricFamily("sparkops_workers", "Processes.", labels=["context", "state"])
        for name, context in contexts.items():
            processes = list(context.workers)
            ready = sum(process.is_ready for process in processes)
            workers.add_metric([name, "ready"], ready)
            workers.add_metric([name, "starting"], len(processes) - ready)
        yield workers
        yield from _describe_process()


def _make_gauge(name: str, text: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"sparkops_{name}", text, labels=["context"])
    for context, value in values.items():
        family.add_metric([context], value)
    return family


def _describe_process() -> Iterator[Metric]:
    """Yield what the process of the service uses, where the system says it."""
    yield GaugeMetricFamily("sparkops_service_memory_bytes", "Memory of the service.", read_memory("self"))
    for name, text, folder in (
        ("threads", "Threads of the service.", "task"),
        ("open_files", "Open files of the service.", "fd"),
    ):
        try:
            count = sum(1 for _ in Path(f"/proc/self/{folder}").iterdir())
        except OSError:
            continue
        yield GaugeMetricFamily(f"sparkops_service_{name}", text, count)
