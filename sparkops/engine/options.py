"""Which jobs of a project are run, what a run reads, and how it relates to earlier runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run_key import RunKey

# What to do about a run of the same job and parameters that published something and did not complete.
Unfinished = Literal["refuse", "resume", "new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a run reads, and how it relates to earlier runs.

    Args:
        versions: Versions to read.
        key: Runs with one key are one run: a second one continues the first, or is answered by it.
        unfinished: Without a key: refuse to start beside an incomplete run of the same job and parameters, resume
            that run, or start a new one.
        run_id: Id of a run that is started; by default a new one.
        every: Interval in which a streaming job looks for new rows until it is stopped, such as `10 seconds`; by default
            what the job declares.
    """

    versions: ReadVersions = field(default_factory=ReadVersions)
    key: RunKey | None = None
    unfinished: Unfinished = "refuse"
    run_id: str | None = None
    every: str | None = None


@dataclass(frozen=True, slots=True)
class FlowPart:
    """Jobs and what they read from, or a part of that.

    Args:
        targets: Names of jobs; the jobs that they read from belong to the flow, too. None for all jobs.
        start: Only this job and those of the flow that depend on it.
        end: Only this job and those of the flow that it depends on.
        only: Only the targets, not what they read from.
    """

    targets: Sequence[str] | None = None
    start: str | None = None
    end: str | None = None
    only: bool = False


def to_flow_part(targets: Sequence[str] | FlowPart | None) -> FlowPart:
    """Return the part of a flow that names of jobs mean."""
    return targets if isinstance(targets, FlowPart) else FlowPart(targets)
