"""`/health`: whether the service lives, and whether it starts what it accepts."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.routes.answer import answer
from sparkops.api.service import JobService
from sparkops.errors import EngineError


def make_health_routes(service: JobService) -> list[Route]:
    """Return the routes of health."""

    async def live(request: Request) -> Response:
        return answer(request, {"status": "live"})

    async def ready(request: Request) -> Response:
        try:
            queued = await asyncio.to_thread(service.store.count_queued)
        except EngineError as error:
            return answer(request, {"status": "not ready", "reason": str(error)}, 503)
        contexts = {
            name: {
                "runs": context.active,
                "queued": queued.get(name, 0),
                "processes": len(context.workers),
                "warm": sum(worker.is_ready for worker in context.workers),
            }
            for name, context in service.dispatcher.contexts.items()
        }
        return answer(request, {"status": "ready", "contexts": contexts})

    return [Route("/health/live", live), Route("/health/ready", ready)]
