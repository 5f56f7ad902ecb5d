"""Fan-outs that jobs declare with `each=`: parameters that a run is not given have one run for each of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import read_conf_sources
from sparkops.errors import InputError
from sparkops.pipeline.fan_out.column_values import Values
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import ParameterSource

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def find_pending(
    container: ServiceContainer, job: Job, sources: Sequence[ParameterSource]
) -> dict[str, Values]:
    """Return the declared values of the parameters that neither the sources nor the configuration give.

    Args:
        container: The services.
        job: The job.
        sources: Parameter values of a run.
    """
    if not job.each:
        return {}
    assigned = {
        name
        for source in (*read_conf_sources(container.project.config, job), *sources)
        for name in source.values
    }
    return {name: values for name, values in job.each.items() if name not in assigned}


def require_one_run(job: Job, options: RunOptions) -> None:
    """Refuse a run key, which is for a single run, for a job that is a fan-out.

    Raises:
        InputError: There is one.
    """
    # The key of a scheduler's task, which differs by parameters, is for all runs of the task.
    if options.key is not None and not options.key.by_params:
        raise InputError(
            f"A run key is for one run, and job `{job.name}` runs once for each value of {', '.join(job.each)} "
            f"({job.place}): give these parameters, or resume with `sparkops runs resume`."
        )
