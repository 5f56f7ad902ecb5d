"""The parameters of a recorded run, for its resumption or its replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparkops.engine.parameter_sources import find_secret_names, keep_names, read_conf_sources
from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import (
    CONFIGURED_ORIGINS,
    DEFAULT,
    BoundParameters,
    ParameterSource,
    bind,
)
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.runs.records.run import Run

if TYPE_CHECKING:
    from sparkops.config.load import LoadedSettings


def bind_recorded(
    config: LoadedSettings,
    job: Job,
    run: Run,
    sources: Sequence[ParameterSource],
    *,
    allow_changes: bool = False,
) -> BoundParameters:
    """Bind the parameters of a recorded run; values with secrets, which the record does not contain, are passed again.

    Args:
        config: The configuration of the project.
        job: The job as it is declared now.
        run: The record.
        sources: Values with secrets; by default they are taken from the configuration or the environment.
        allow_changes: Whether the sources may also have other values than the recorded ones.

    Raises:
        InputError: A source changes a recorded value, or a value with a secret is missing.
        ParamErrors: Everything that is wrong with them.
    """
    secrets = find_secret_names(job) | set(run.hidden)
    values = {name: value for name, value in run.params.items() if name not in secrets}
    record = ParameterSource(values=values, origin=f"run {run.id}", form=ValueForm.RECORD)
    changed = sorted({name for source in sources for name in source.values} - secrets)
    if changed and not allow_changes:
        raise InputError(
            f"Run {run.id} is resumed with its own parameters: only a secret is given again, not `{changed[0]}`. "
            "Start a new run to change it."
        )
    conf = [keep_names(source, secrets) for source in read_conf_sources(config, job)]
    configured = {name for source in conf for name in source.values}
    passed = {name for source in sources for name in source.values}
    for name in run.hidden:
        origin = run.origins.get(name, "")
        is_configured = origin == DEFAULT or (origin.startswith(CONFIGURED_ORIGINS) and name in configured)
        if name not in passed and not is_configured:
            raise InputError(
                f"`{name}` of run {run.id} contained a secret, which its record does not show: give it again, "
                f"--param {name}=..."
            )
    return bind(job, [*conf, record, *sources])
