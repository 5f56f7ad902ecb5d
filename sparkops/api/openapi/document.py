"""Build the description of the service of a project."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from sparkops.api.openapi.batches import BATCH_PATHS, BATCH_SCHEMAS
from sparkops.api.openapi.paths import PATHS, build_job_path
from sparkops.api.openapi.schemas import SCHEMAS
from sparkops.pipeline.job import Job


def build_openapi(jobs: Sequence[Job], *, title: str, has_batches: bool) -> dict[str, Any]:
    """Return the description of the service of a project.

    Args:
        jobs: The project's jobs.
        title: Name of the project.
        has_batches: Whether the service offers `/batches`.
    """
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version("sparkops")},
        "paths": {
            **PATHS,
            **{f"/jobs/{job.name}/runs": build_job_path(job) for job in jobs},
            **(BATCH_PATHS if has_batches else {}),
        },
        "components": {
            "schemas": {**SCHEMAS, **(BATCH_SCHEMAS if has_batches else {})},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }
