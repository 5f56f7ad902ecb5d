"""Execute the run of a request, and say how it ended."""

from __future__ import annotations

import logging
from datetime import datetime

from sparkops.api.contexts.messages import RunEnded, StartRun
from sparkops.engine.engine import Engine
from sparkops.engine.options import RunOptions
from sparkops.errors import SparkopsError
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import choose_state

_log = logging.getLogger("sparkops.api")


def execute_request(engine: Engine, request: StartRun, pool: str) -> RunEnded:
    """Execute the run of a request in this thread, with a Spark session of its own; no error leaves this function.

    A run that has a record is continued: nothing that it has published is written twice.

    Args:
        engine: The project.
        request: The run.
        pool: Pool of the FAIR scheduler, which no other run uses at the same time.
    """
    try:
        # Its files may have been changed since the last run.
        engine.reload()
        engine.container.starter.use_own_session(pool)
        run = _run(engine, request)
    except SparkopsError as error:
        return _describe_error(engine, request, error)
    except BaseException as error:  # noqa: BLE001 - whatever it is ends this run only
        _log.warning("run %s was ended by an unexpected error", request.run_id, exc_info=error)
        return RunEnded(
            run_id=request.run_id,
            state="failed",
            error=f"{type(error).__name__}: {error}",
            kind=type(error).__name__,
        )
    return RunEnded(
        run_id=request.run_id, state=run.state, answered_by=None if run.id == request.run_id else run.id
    )


def _run(engine: Engine, request: StartRun) -> Run:
    if engine.runs.find_state(request.run_id) is not None:
        return engine.resume(request.run_id)
    versions = ReadVersions(
        at=request.at, as_of=datetime.fromisoformat(request.as_of) if request.as_of else None
    )
    source = ParameterSource(values=request.params, origin="http", form=ValueForm.JSON)
    options = RunOptions(versions=versions, run_id=request.run_id)
    return engine.run_by_name(request.job, [source], options=options)


def _describe_error(engine: Engine, request: StartRun, error: SparkopsError) -> RunEnded:
    """Return how the run ended; its record decides, if it has one."""
    state = engine.runs.find_state(request.run_id) or choose_state(error)
    return RunEnded(run_id=request.run_id, state=state, error=str(error), kind=type(error).__name__)
