"""Bound parameters as a record keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.value import to_json


def as_json(job: Job, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameter to JSON value, from which the same rule reads the same values back."""
    return {param.name: to_json(param, values[param.name]) for param in job.params}
