"""Skip a job of a flow: which run its conditions are about, what is missing without it, and the record of the skip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sparkops.pipeline.graph import Dataset
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.records.run import Run, make_run_id, utc_now
from sparkops.runs.records.run_lookup import RunLookup

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def find_newest_ended(container: ServiceContainer, job: str, lookup: RunLookup | None = None) -> Run | None:
    """Return the newest run of a job whose metrics and checks are known: it is done, or its checks failed."""
    lookup = lookup or RunLookup.of(container.project.runs)
    return lookup.find_newest_in(job, "done", "checks_failed")


def find_missing_input(unreadable: Mapping[Dataset, str], skipped: Mapping[Dataset, str]) -> str | None:
    """Return which input does not exist because the job that publishes it is skipped, or None.

    Args:
        unreadable: Inputs that cannot be read.
        skipped: The skipped job of the flow that publishes a table or model, by table or model.
    """
    for dataset in unreadable:
        if dataset in skipped:
            return f"{dataset[0]} `{dataset[1]}` does not exist yet, and job `{skipped[dataset]}` is skipped"
    return None


def record_skip(container: ServiceContainer, job: Job, bound: BoundParameters, reason: str) -> Run:
    """Record that a job was not run, and why; return the newest record of the job if it says the same."""
    # Imported here: a plan of a flow records nothing.
    from sparkops.runs.execution.execute import describe_request
    from sparkops.runs.request import RunRequest

    context = container.build_run_context()
    facts = describe_request(RunRequest(job=job, values=bound.values, origins=bound.origins), context)
    newest = next(iter(context.runs.list_newest(job=job.name, limit=1)), None)
    if newest is not None and (newest.skipped, newest.params) == (reason, facts["params"]):
        return newest
    run_id = make_run_id()
    attempt = context.runs.begin(run_id, job.name, secrets=context.secrets, **facts)
    attempt.enter("skipped", "skipped", skipped=reason, ended=utc_now().isoformat())
    return context.runs.load(run_id)
