"""A span of OpenTelemetry for each run, whose parent is the span of the caller."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from sparkops.api.database.submission import Submission
from sparkops.errors import InputError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_NANOSECONDS: Final = 1_000_000_000


def make_exporter() -> SpanExporter | None:
    """Return the exporter to the collector of OTEL_EXPORTER_OTLP_ENDPOINT; None if there is none.

    Raises:
        InputError: The packages of the extra `otel` are not installed.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    try:
        has_package = find_spec("opentelemetry.exporter.otlp.proto.http.trace_exporter") is not None
    except ModuleNotFoundError:
        has_package = False
    if not has_package:
        raise InputError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and its packages are not installed: pip install 'sparkops[otel]', or "
            "unset it."
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


class RunSpans:
    """Records the span of each run that has ended, and sends it in a thread.

    Args:
        exporter: Where spans are sent.
        find_traceparent: Returns the `traceparent` of a run's request.
    """

    def __init__(self, exporter: SpanExporter, find_traceparent: Callable[[str], str | None]) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        name = os.environ.get("OTEL_SERVICE_NAME", "sparkops")
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": name}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("sparkops.api")
        self._find_traceparent = find_traceparent

    def record(self, submission: Submission) -> None:
        """Record the span of a request that has ended: from its acceptance to its end."""
        from opentelemetry.trace import Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = self._find_traceparent(submission.run_id)
        context = TraceContextTextMapPropagator().extract({"traceparent": parent} if parent else {})
        outcome = submission.outcome
        state = outcome.state if outcome is not None else "ended"
        started = submission.started
        attributes: dict[str, str | float] = {
            "sparkops.run": submission.run_id,
            "sparkops.job": submission.request.job,
            "sparkops.context": submission.context,
            "sparkops.state": state,
            **({"sparkops.queue_seconds": started - submission.accepted} if started is not None else {}),
        }
        span = self._tracer.start_span(
            f"run {submission.request.job}", context=context, attributes=attributes,
            start_time=int(submission.accepted * _NANOSECONDS),
        )  # fmt: skip
        if state not in ("done", "skipped"):
            span.set_status(Status(StatusCode.ERROR, state))
        span.end(int((submission.ended or submission.accepted) * _NANOSECONDS))

    def close(self) -> None:
        """Send what is recorded, and stop."""
        self._provider.shutdown()
