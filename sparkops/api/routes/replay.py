"""`/runs/{id}/replay`: run a recorded run again, and compare the result with what it published."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from sparkops.api.database.submission import JobRequest
from sparkops.api.routes.body import read_callback, read_json, require_known, require_type
from sparkops.api.routes.diff import find_record
from sparkops.api.routes.submit import answer_submission, require_job
from sparkops.api.service import JobService, require_no_secrets
from sparkops.engine.operations.scoring import find_scoring_job
from sparkops.engine.recorded_parameters import bind_recorded
from sparkops.errors import InputError
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.option import ParameterSyntax
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.runs.records.run import Run
from sparkops.runs.replay.requirements import require_environment, require_replayable

_OPTIONS: Final = ("tolerance", "examples", "keep", "code")
_FIELDS: Final = ("params", *_OPTIONS, "callback")
_MAX_TOLERANCE: Final = 0.1
_MAX_EXAMPLES: Final = 100
_CODES: Final = ("present", "recorded")


async def answer_replay(service: JobService, request: Request) -> Response:
    """Accept a replay; its record has the verdict as `replay.verdict`."""
    body = await read_json(request, service.settings.max_bytes)
    params, options = read_options(body)
    await asyncio.to_thread(service.reload)
    run_id = await asyncio.to_thread(find_record, service, request.path_params["run"])
    original = await asyncio.to_thread(service.engine.runs.read, run_id)
    require_job(request, original.job)
    await asyncio.to_thread(partial(_require_valid, service, original, params))
    replay = JobRequest(
        job=original.job, params=params, kind="replay", target=original.id, options=options,
        callback=read_callback(body),
    )  # fmt: skip
    return await answer_submission(service, request, replay)


def read_options(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the parameters that are changed, and the options of a replay.

    Raises:
        InputError: A field is unknown or has a wrong type.
    """
    require_known(body, _FIELDS, "field")
    params = require_type(body, "params", dict, {})
    options = {name: body[name] for name in _OPTIONS if body.get(name) is not None}
    tolerance, examples = options.get("tolerance", 0), options.get("examples", 0)
    if (
        isinstance(tolerance, bool)
        or not isinstance(tolerance, int | float)
        or not 0 <= tolerance <= _MAX_TOLERANCE
    ):
        raise InputError(f"`tolerance` is no number from 0 to {_MAX_TOLERANCE}.")
    if isinstance(examples, bool) or not isinstance(examples, int) or not 0 <= examples <= _MAX_EXAMPLES:
        raise InputError(f"`examples` is no whole number from 0 to {_MAX_EXAMPLES}.")
    require_type(body, "keep", bool, False)
    if options.get("code", "present") not in _CODES:
        raise InputError(f"`code` is neither {' nor '.join(_CODES)}.")
    if options.get("code") == "recorded" and params:
        raise InputError("Parameters cannot be given together with the recorded code.")
    return params, options


def _require_valid(service: JobService, original: Run, params: Mapping[str, Any]) -> None:
    """Refuse a replay that could only fail.

    Raises:
        InputError: The run cannot be replayed, or a parameter is wrong.
    """
    project = service.engine.project
    require_replayable(original)
    require_environment(original, project.settings.env)
    job = find_scoring_job(project, original) or project.find_declared(original.job)
    require_no_secrets(job, params)
    source = ParameterSource(values=params, origin="http", form=ValueForm.JSON, syntax=ParameterSyntax.JSON)
    bind_recorded(project.config, job, original, [source], allow_changes=True)
