"""What a run reads, and how it relates to earlier runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sparkops.runs.records.run_key import RunKey
from sparkops.runs.request import ReadVersions

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
    """

    versions: ReadVersions = field(default_factory=ReadVersions)
    key: RunKey | None = None
    unfinished: Unfinished = "refuse"
