"""Find the earlier run that answers a request, because a new one would compute and publish the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sparkops.engine.operations.fan_out.declared import find_pending
from sparkops.engine.operations.freshness import FreshRunFinder
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run
from sparkops.tables.catalog import Catalog

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def find_last_run(
    container: ServiceContainer, job: Job, source: ParameterSource, versions: ReadVersions
) -> Run | None:
    """Return the run that makes a new one unnecessary, by the rule by which a flow skips what is up to date, or None.

    None for a job whose repetition changes something, for one that is a fan-out, and where Spark would have to be asked
    for versions of tables.

    Args:
        container: The services.
        job: The job as it is declared.
        source: The parameters of the request.
        versions: Versions that a run would read.
    """
    if not is_repeatable(job) or find_pending(container, job, [source]) or not _is_local(container, job):
        return None
    bound = container.project.bind(job, [source], at=versions.at)
    examined = FreshRunFinder(container).examine(job, bound, versions)
    return examined.run if examined.is_fresh else None


def is_repeatable(job: Job) -> bool:
    """Return whether a job only replaces, merges or reports: not one that trains a model or appends rows."""
    return job.kind != "model" and all(write.mode != "append" for write in job.writes)


def compute_etag(run: Run, *representation: Any) -> str:
    """Return the entity tag of what a run published.

    Args:
        run: The run.
        representation: The form in which it is answered: media type, table, number of rows.
    """
    outputs = {name: (output.get("identity"), output.get("version")) for name, output in run.outputs.items()}
    return _hash([run.id, _list_inputs(run), sorted(outputs.items()), run.registered, list(representation)])


def compute_input_etag(run: Run) -> str:
    """Return the entity tag of the versions that a run read."""
    return _hash([_list_inputs(run)])


def matches(condition: str | None, etag: str) -> bool:
    """Return whether the header `If-None-Match` names an entity tag."""
    if condition is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return etag in tags or tags == ["*"]


def _is_local(container: ServiceContainer, job: Job) -> bool:
    catalog = Catalog(container.settings)
    names: Iterable[str] = (*job.tables, *(write.table for write in job.writes))
    return all(catalog.locate(name).local is not None for name in names)


def _list_inputs(run: Run) -> list[Any]:
    tables = sorted((name, pin.get("identity"), pin.get("version")) for name, pin in run.inputs.items())
    return [tables, sorted(run.models.items())]


def _hash(values: list[Any]) -> str:
    return f'"{hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:32]}"'
