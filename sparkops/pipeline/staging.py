"""The names of staged frames, which are computed once and kept beside the tables until they are published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sparkops.pipeline.table import MicroBatch

# Column of rows that were checked: the labels of the expectations that the row violates, as an array of text.
REASONS_COLUMN: Final = "_sparkops_reasons"
# Suffix of the name of a quarantine, after the name of its table.
QUARANTINE_SUFFIX: Final = "__quarantine"
# Prefixes of the ids by which releases and discards of quarantined rows are staged and committed.
RELEASE_PREFIX: Final = "release-"
DISCARD_PREFIX: Final = "discard-"
RELEASE_PREFIXES: Final = (RELEASE_PREFIX, DISCARD_PREFIX)


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A staged frame.

    Args:
        area: Staging area: a run, or a micro-batch of a stream.
        table: Table that the rows are for.
        rows: All rows that the job returned, or those that its checks divided them into.
    """

    area: str
    table: str
    rows: Literal["all", "good", "bad"] = "all"


def name_batch_area(batch: MicroBatch) -> str:
    """Return the staging area of a micro-batch, which every run that processes the batch uses."""
    return f"stream-{batch.stream}-{batch.number}"
