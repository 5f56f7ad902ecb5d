"""Have the daemon of a project execute a run of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sparkops.api.client import Client
from sparkops.api.daemon import read_daemon
from sparkops.cli.display.progress import ProgressDisplay
from sparkops.cli.project_options import ProjectOptions
from sparkops.cli.remote.run import require_done, wait_or_cancel
from sparkops.engine.engine import Engine
from sparkops.errors import EngineError, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.value import to_request_json
from sparkops.runs.read_versions import ReadVersions


def run_in_daemon(
    engine: Engine,
    options: ProjectOptions,
    job: Job,
    params: list[ParameterSource],
    versions: ReadVersions,
) -> bool:
    """Have the daemon run a job; return whether there is one that does, in which the run means the same as here.

    Args:
        engine: The project.
        options: The environment and settings that the command line chooses.
        job: The job.
        params: Parameters of the command line.
        versions: The versions to read.

    Raises:
        SparkopsError: What stopped the run.
    """
    record = read_daemon(engine.settings.state)
    if record is None or not record.serves(options.env, options.overrides, engine.project.config.variables):
        return False
    client = Client(record.url)
    try:
        requested = client.submit_texts(
            job.name,
            texts={},
            params=_read_params(engine, job, params, versions),
            at=versions.at,
            as_of=_format_time(versions.as_of),
        )
    except EngineError:
        # It does not answer, or its queue is full.
        return False
    with ProgressDisplay() as progress:
        display = progress.run_started(job.name)
        ended = wait_or_cancel(client, requested.id)
        try:
            require_done(ended)
        except SparkopsError as error:
            display.failed(error)
            raise
        display.finished(engine.runs.load(ended.id))
    return True


def _read_params(
    engine: Engine, job: Job, params: list[ParameterSource], versions: ReadVersions
) -> Mapping[str, Any]:
    """Return the values of JSON of the parameters that the command line gives."""
    bound = engine.project.bind(job, params, at=versions.at)
    names = {name for source in params for name in source.values}
    return {
        param.name: to_request_json(param, bound.values[param.name])
        for param in job.params
        if param.name in names
    }


def _format_time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
