"""`/metrics`: what Prometheus collects."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.metrics import ServiceMetrics

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def make_metrics_route(metrics: ServiceMetrics) -> Route:
    """Return the route of metrics."""

    async def show_metrics(request: Request) -> Response:
        del request
        return Response(await asyncio.to_thread(metrics.format), media_type=_MEDIA_TYPE)

    return Route("/metrics", show_metrics, methods=["GET"])
