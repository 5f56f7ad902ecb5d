"""Execute what a request is for - a run, a replay, a rollback, a release - and say how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sparkops.api.contexts.messages import RunEnded, StartRun
from sparkops.engine.engine import Engine
from sparkops.engine.operations.comparison.replay_run import ReplayOptions
from sparkops.engine.operations.release import ReleaseRequest, release_rows
from sparkops.engine.operations.undo.rollback import roll_back
from sparkops.engine.options import RunOptions
from sparkops.errors import SparkopsError
from sparkops.pipeline.json_values.quarantine import release_result_to_json
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import choose_state
from sparkops.runs.rollback.planner import RollbackOptions

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
        return _EXECUTIONS[request.kind](engine, request)
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


def _describe_end(request: StartRun, run: Run) -> RunEnded:
    return RunEnded(
        run_id=request.run_id, state=run.state, answered_by=None if run.id == request.run_id else run.id
    )


def _run(engine: Engine, request: StartRun) -> RunEnded:
    if engine.runs.find_state(request.run_id) is not None:
        return _describe_end(request, engine.resume(request.run_id))
    versions = ReadVersions(
        at=request.at, as_of=datetime.fromisoformat(request.as_of) if request.as_of else None
    )
    source = ParameterSource(values=request.params, origin="http", form=ValueForm.JSON)
    options = RunOptions(versions=versions, run_id=request.run_id, every=request.every)
    return _describe_end(request, engine.run_by_name(request.job, [source], options=options))


def _replay(engine: Engine, request: StartRun) -> RunEnded:
    """Replay a run; one that was interrupted is not continued, because a replay publishes nothing."""
    if engine.runs.find_state(request.run_id) is not None:
        error = "The process of the replay ended before it did. Request the replay again."
        return RunEnded(run_id=request.run_id, state="failed", error=error, kind="EngineError")
    source = ParameterSource(values=request.params, origin="http", form=ValueForm.JSON)
    options = ReplayOptions(params=[source], run_id=request.run_id, **request.options)
    verdict = engine.replay(request.target, options=options)
    return _describe_end(request, engine.runs.read(verdict.run))


def _roll_back(engine: Engine, request: StartRun) -> RunEnded:
    """Roll back a run; a rollback that was interrupted is completed."""
    if engine.runs.find_state(request.run_id) is not None:
        return _describe_end(request, engine.resume(request.run_id))
    options = RollbackOptions(**request.options)
    run = roll_back(engine.container, request.target, options, run_id=request.run_id)
    return _describe_end(request, run)


def _release(engine: Engine, request: StartRun) -> RunEnded:
    """Release quarantined rows; a release that was interrupted is completed first."""
    result = release_rows(engine.container, ReleaseRequest(table=request.target, **request.options))
    return RunEnded(run_id=request.run_id, state="done", result=release_result_to_json(result))


_EXECUTIONS: Final[Mapping[str, Callable[[Engine, StartRun], RunEnded]]] = {
    "run": _run,
    "replay": _replay,
    "rollback": _roll_back,
    "release": _release,
}


def _describe_error(engine: Engine, request: StartRun, error: SparkopsError) -> RunEnded:
    """Return how the run ended; its record decides, if it has one."""
    state = engine.runs.find_state(request.run_id) or choose_state(error)
    return RunEnded(run_id=request.run_id, state=state, error=str(error), kind=type(error).__name__)
