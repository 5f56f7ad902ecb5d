"""The request of a fan-out: which job is run, and for which values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import Parameters
from sparkops.pipeline.fan_out.column_values import Values
from sparkops.pipeline.parameters.value_form import ValueForm


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutRequest:
    """Which job to run, and for which values.

    Args:
        job: Name of the job.
        each: The values of each parameter, by name; there is one run for each combination. Values that the job declares
            are added for parameters that have none.
        form: Form of these values.
        params: Parameters that all runs have.
        options: Versions that the runs read.
        max_parallel: Runs at the same time; None for the setting, by default the number of cores, at most eight.
        fail_fast: Start no further run once one has failed.
        skip_fresh: Do not run what is up to date.
    """

    job: str
    each: Mapping[str, Values] = field(default_factory=dict)
    form: ValueForm = ValueForm.PYTHON
    params: Parameters = ()
    options: RunOptions = field(default_factory=RunOptions)
    max_parallel: int | None = None
    fail_fast: bool = False
    skip_fresh: bool = False
