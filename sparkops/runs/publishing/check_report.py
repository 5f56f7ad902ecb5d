"""Convert check results for the record of a run, and format the message when they block a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sparkops.core.wording import format_count
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckpointFacts
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values.checks import check_to_json
from sparkops.runs.ports import CheckOutcome


def to_record(result: CheckResult) -> dict[str, Any]:
    """Return a result as the record keeps it."""
    return {**check_to_json(result), "place": str(result.place) if result.place else None}


def collect_pages(outcomes: Sequence[CheckOutcome], *, is_published: bool = True) -> list[CheckpointFacts]:
    """Return the contents of the pages of some results.

    Args:
        outcomes: Results of the checkpoints.
        is_published: False if the run refuses rows that the checks allow to be published.
    """
    pages = [outcome.page for outcome in outcomes]
    return [replace(page, is_published=is_published) for page in pages if page is not None]


def format_failures(
    outcomes: Sequence[CheckOutcome], job: Job, *, consequence: str = "nothing was published"
) -> str:
    """Return which checks, and which thresholds of whole tables, blocked the job.

    Args:
        outcomes: Results of the checkpoints.
        job: The job.
        consequence: What happened to the rows, as a clause.
    """
    failed = [_describe(result) for outcome in outcomes for result in _select_blocking(outcome)]
    exceeded = [outcome.block_reason for outcome in outcomes if outcome.block_reason]
    count = len(failed)
    head = f"{format_count(count, 'check')} failed" if count else "too many rows violate its checks"
    lines = "\n".join(f"  - {line}" for line in (*failed, *exceeded))
    return (
        f"Job `{job.name}`: {head}, and {consequence}.\n{lines}\n"
        "Correct the data or the job, or change the suite, then run again."
    )


def _select_blocking(outcome: CheckOutcome) -> list[CheckResult]:
    """Return the results that blocked the table; those of policy `quarantine` only if nothing else did."""
    failed = [r for r in outcome.results if outcome.blocked and not r.success and r.policy != "warn"]
    fatal = [r for r in failed if r.policy == "fail" or r.error]
    return fatal if fatal or outcome.block_reason else failed


def _describe(result: CheckResult) -> str:
    place = f" ({result.place})" if result.place else ""
    arguments = ", ".join(f"{name}={value!r}" for name, value in result.kwargs.items())
    head = f"{result.table}: {result.expectation}({arguments})"
    if result.error:
        return f"{head} could not be evaluated: {result.error}{place}"
    return f"{head}: {_describe_observation(result)}{place}"


def _describe_observation(result: CheckResult) -> str:
    text = f"{result.unexpected:,} of {result.rows:,} rows" if result.unexpected and result.rows else ""
    text += f", {result.over}" if result.over else ""
    if text:
        return text
    return f"observed {result.observed!r}" if result.observed is not None else "did not hold"
