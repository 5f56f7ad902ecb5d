"""The differences between two runs, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from sparkops.pipeline.table import VersionChange

Section = Literal[
    "state", "parameters", "code", "settings", "inputs", "models", "schemas", "rows", "checks", "metrics", "registered",
    "spark", "time",
]  # fmt: skip
SECTIONS: tuple[Section, ...] = get_args(Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDifference:
    """A fact that two runs do not share.

    Args:
        section: What it is about.
        name: Name of the parameter, table, metric...
        before: What the first run has; None if it has nothing.
        after: What the second run has.
        detail: What more the records and tables tell, in words.
        change: Rows between the versions of an input.
    """

    section: Section
    name: str
    before: Any = None
    after: Any = None
    detail: str = ""
    change: VersionChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """The differences between two runs.

    Args:
        before: Id of the first run.
        after: Id of the second run.
        jobs: Their jobs.
        summary: What differs in the results and what it follows from, in sentences.
        differences: All differences, in the order of `SECTIONS`.
    """

    before: str
    after: str
    jobs: tuple[str, str]
    summary: tuple[str, ...] = ()
    differences: tuple[RunDifference, ...] = ()

    def select(self, section: Section) -> tuple[RunDifference, ...]:
        """Return the differences of one section."""
        return tuple(difference for difference in self.differences if difference.section == section)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEvidence:
    """What the logs of tables tell about versions that two runs read or wrote.

    Args:
        changes: The rows between the versions of an input, by input.
        columns: What was changed in the columns of a table, in words, by table.
    """

    changes: Mapping[str, VersionChange] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


def diff_to_json(diff: RunComparison) -> dict[str, Any]:
    """Return a diff as JSON values; each section has a list, empty if nothing in it differs."""
    sections = {section: list(_list_json(diff, section)) for section in SECTIONS}
    return {
        "before": diff.before,
        "after": diff.after,
        "jobs": list(diff.jobs),
        "summary": list(diff.summary),
        "differences": sections,
    }


def _list_json(diff: RunComparison, section: Section) -> Iterator[dict[str, Any]]:
    for difference in diff.select(section):
        values = asdict(difference)
        del values["section"]
        yield values
