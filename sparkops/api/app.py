"""The application: routes, errors, and who is let in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from sparkops.api.authentication import Authentication, Authenticator
from sparkops.api.limits import RequestLimits
from sparkops.api.metrics import ServiceMetrics
from sparkops.api.request_log import RequestLog
from sparkops.api.routes.health import make_health_routes
from sparkops.api.routes.jobs import make_job_routes
from sparkops.api.routes.livy import make_livy_routes
from sparkops.api.routes.metrics import make_metrics_route
from sparkops.api.routes.models import make_model_routes
from sparkops.api.routes.page import make_page_routes
from sparkops.api.routes.problem import answer_error, answer_http_error, answer_unexpected_error
from sparkops.api.routes.quarantine import make_quarantine_routes
from sparkops.api.routes.runs import make_run_routes
from sparkops.api.routes.tables import make_table_routes
from sparkops.api.security_headers import SecurityHeaders
from sparkops.api.service import JobService
from sparkops.api.session import make_session_routes
from sparkops.errors import SparkopsError

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def create_app(
    service: JobService, authenticator: Authenticator | None = None, lifespan: Lifespan | None = None
) -> Starlette:
    """Return the ASGI application of a service.

    Args:
        service: What it serves.
        authenticator: Tells who sent a request; None lets in who reaches the loopback address.
        lifespan: Runs beside it.
    """
    metrics = ServiceMetrics(service.dispatcher, lambda: service.engine.project.declared)
    service.store.listeners.append(metrics.count)
    app = Starlette(
        routes=[
            make_metrics_route(metrics),
            *make_health_routes(service),
            *make_job_routes(service),
            *make_run_routes(service),
            *make_table_routes(service),
            *make_model_routes(service),
            *make_quarantine_routes(service),
            *(make_livy_routes(service) if service.settings.livy else ()),
            *make_session_routes(service.engine.root.name, authenticator),
            *make_page_routes(),
        ],
        middleware=[
            Middleware(RequestLog),
            Middleware(SecurityHeaders),
            Middleware(Authentication, authenticator=authenticator),
            Middleware(RequestLimits, settings=service.settings.limits),
        ],
        exception_handlers={
            SparkopsError: answer_error,
            HTTPException: answer_http_error,
            Exception: answer_unexpected_error,
        },
        lifespan=lifespan,
    )
    app.state.service = service
    # The redirect to a path without its last slash fails where the query is not UTF-8.
    app.router.redirect_slashes = False
    return app
