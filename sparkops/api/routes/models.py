"""`/models`: registered models, their versions, gates, aliases and certificates, read without Spark."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import require_known
from sparkops.api.service import JobService
from sparkops.pipeline.json_values.models import model_version_to_json
from sparkops.pipeline.model_version_info import ModelVersionInfo


def make_model_routes(service: JobService) -> list[Route]:
    """Return the routes of models."""

    async def list_models(request: Request) -> Response:
        require_known(list(request.query_params), (), "query parameter")
        versions = await asyncio.to_thread(service.engine.models.list)
        groups = groupby(versions, key=lambda version: version.name)
        return answer(request, {"models": [describe_model(name, group) for name, group in groups]})

    async def show_model(request: Request) -> Response:
        require_known(list(request.query_params), (), "query parameter")
        name = request.path_params["model"]
        versions = await asyncio.to_thread(service.engine.models.list_versions, name)
        return answer(
            request, {"name": name, "versions": [describe_version(version) for version in versions]}
        )

    return [
        Route("/models", list_models, methods=["GET"]),
        Route("/models/{model}", show_model, methods=["GET"]),
    ]


def describe_model(name: str, versions: Iterable[ModelVersionInfo]) -> dict[str, Any]:
    """Return a model with its newest version and its aliases.

    Args:
        name: Its name.
        versions: Its versions, newest first.
    """
    numbers = {version.version: version for version in versions}
    aliases = {alias: number for number, version in numbers.items() for alias in version.aliases}
    return {"name": name, "newest": max(numbers), "versions": len(numbers), "aliases": aliases}


def describe_version(version: ModelVersionInfo) -> dict[str, Any]:
    """Return a version as `sparkops models show --json` does, with the verdict of its certificate."""
    return {**model_version_to_json(version), "certificate": describe_certificate(version)}


def describe_certificate(version: ModelVersionInfo) -> dict[str, Any]:
    """Return what the certificate of a version says: how rows are scored, and how many were equal to Spark's."""
    if version.flavor:
        scorer = "pyfunc"
    elif version.compiled:
        scorer = "compiled"
    else:
        scorer = "spark" if version.row_milliseconds else "none"
    return {"is_certified": version.parity > 0, "rows": version.parity, "scorer": scorer}
