"""The job of a recorded run, which may be a part of a fan-out."""

from __future__ import annotations

from sparkops.errors import InputError
from sparkops.pipeline.fan_out.items import make_item_job
from sparkops.pipeline.job import Job
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore


def make_job_of_run(job: Job, run: Run, runs: RunStore) -> Job:
    """Return the job as a recorded run executed it: each part of a fan-out registers a model under its own name.

    Args:
        job: The job as it is declared.
        run: A run of the job.
        runs: The records. The record of a fan-out contains the parameters of each part.

    Raises:
        InputError: The run is a part of a fan-out whose record is gone or does not list it.
    """
    if run.parent is None or job.registers is None:
        return job
    try:
        items = runs.read(run.parent).items
    except (InputError, ValueError):
        items = ()
    own = next((item["params"] for item in items if item["run"] == run.id), None)
    if own is None:
        raise InputError(
            f"Run {run.id} is a part of fan-out {run.parent}, whose record is gone or damaged, so the name of its "
            f"model is unknown. Run the job again: `sparkops run {run.job} --each NAME=VALUES`."
        )
    return make_item_job(job, own)
