"""Parameters that a request gives as texts: the same texts mean the same values as on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sparkops.api.database.submission import JobRequest
from sparkops.engine.parameter_sources import find_secret_names
from sparkops.engine.project import LoadedProject
from sparkops.errors import InputError
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.option import ParameterSyntax
from sparkops.pipeline.parameters.value import to_request_json
from sparkops.pipeline.parameters.value_form import ValueForm


def add_texts(project: LoadedProject, request: JobRequest, texts: Any) -> JobRequest:
    """Return a request with further parameters, which are read from texts.

    Args:
        project: The project, which declares the job.
        request: The request, with the parameters that are values of JSON.
        texts: The text of each parameter, or the texts of an option that is given several times.

    Raises:
        InputError: A parameter is wrong; all problems of all parameters are named.
    """
    _require_texts(texts)
    repeated = sorted(texts.keys() & request.params.keys())
    if repeated:
        raise InputError(f"`{repeated[0]}` is both in `texts` and in `params`: give it once.")
    job = project.find_declared(request.job)
    if texts.keys() & find_secret_names(job):
        # It is refused as any other secret in a request is.
        return replace(request, params={**request.params, **texts})
    values = ParameterSource(
        values=request.params, origin="http", form=ValueForm.JSON, syntax=ParameterSyntax.JSON
    )
    source = ParameterSource(values=texts, origin="http", form=ValueForm.TEXT, syntax=ParameterSyntax.OPTION)
    bound = project.bind(job, [values, source], at=request.at)
    read = {
        param.name: to_request_json(param, bound.values[param.name])
        for param in job.params
        if param.name in texts
    }
    return replace(request, params={**request.params, **read})


def _require_texts(texts: Any) -> None:
    is_object = isinstance(texts, Mapping)
    items = (
        [item for value in texts.values() for item in (value if isinstance(value, list) else [value])]
        if is_object
        else []
    )
    if not is_object or not all(isinstance(item, str) for item in items):
        raise InputError('`texts` is no object of texts: send {"texts": {"day": "2013-07-04"}}.')
