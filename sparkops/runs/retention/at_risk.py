"""Find the runs whose input versions are gone or may be removed; each version of a table is examined once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from sparkops.runs.records.run import Run

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")

Outlook = Literal["gone", "removable", "at_risk", "unknown"]


class ExaminedVersion(Protocol):
    """How long a version of a table can be read."""

    @property
    def problem(self) -> str:
        """Return why it cannot be read now; empty if it can."""

    @property
    def removable(self) -> datetime | None:
        """Return when it may be removed at the earliest; None for never, or if it is removed already."""

    @property
    def by(self) -> str:
        """Return what may remove it then: `VACUUM` or `log clean-up`."""


# Examines versions of the table of a name and identity; returns None where only Spark can read its log.
Examine = Callable[[str, str, Collection[int]], Mapping[int, ExaminedVersion] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputAtRisk:
    """An input of a run that is gone or may be removed.

    Args:
        run: Id of the run.
        job: Name of its job.
        started: When it began.
        table: The table that it read.
        version: The version.
        outlook: `gone`; `removable` at any time; `at_risk` at a later time; `unknown` where only Spark can look.
        removable: When it may be removed at the earliest.
        reason: Why it is gone, or what may remove it.
    """

    run: str
    job: str
    started: datetime | None
    table: str
    version: int
    outlook: Outlook
    removable: datetime | None
    reason: str


def find_runs_at_risk(runs: Iterable[Run], examine: Examine, *, now: datetime) -> tuple[InputAtRisk, ...]:
    """Return the inputs of runs that are gone or may be removed, the most urgent first.

    Args:
        runs: The runs.
        examine: Examines versions of a table.
        now: The present time (UTC).
    """
    readers = list(_list_readers(runs))
    versions: dict[tuple[str, str], set[int]] = {}
    for _, table, pin in readers:
        versions.setdefault((table, pin["identity"]), set()).add(pin["version"])
    examined = {key: examine(*key, numbers) for key, numbers in versions.items()}
    items = (
        item
        for run, table, pin in readers
        for item in _list_items(run, table, pin, examined[table, pin["identity"]], now)
    )
    return tuple(sorted(items, key=_get_urgency))


def _list_readers(runs: Iterable[Run]) -> Iterator[tuple[Run, str, Mapping[str, Any]]]:
    """Yield each version that a run read, with its table and pin; warn about one whose table is not identified."""
    for run in runs:
        # A rollback is never executed on its inputs again.
        if run.rollback is not None:
            continue
        for table, pin in run.inputs.items():
            if pin["version"] is not None and "identity" not in pin:
                _log.warning(
                    "The record of run %s has no id of its input `%s`, so that input is left out.",
                    run.id,
                    table,
                )
            elif pin["version"] is not None:
                yield run, table, pin


def _list_items(
    run: Run,
    table: str,
    pin: Mapping[str, Any],
    examined: Mapping[int, ExaminedVersion] | None,
    now: datetime,
) -> Iterator[InputAtRisk]:
    """Yield the item of an input; none if nothing will remove its version."""
    outlook: Outlook = "unknown"
    removable, reason = None, "only Spark can read its log"
    if examined is not None:
        version = examined[pin["version"]]
        removable, reason = version.removable, version.problem or version.by
        if version.problem:
            outlook = "gone"
        elif removable is None:
            return
        else:
            outlook = "removable" if removable <= now else "at_risk"
    yield InputAtRisk(
        run=run.id, job=run.job, started=run.started, table=table, version=pin["version"],
        outlook=outlook, removable=removable, reason=reason,
    )  # fmt: skip


def _get_urgency(item: InputAtRisk) -> tuple[int, float, str, str]:
    order = ("gone", "removable", "at_risk", "unknown")
    return (
        order.index(item.outlook),
        item.removable.timestamp() if item.removable else 0.0,
        item.run,
        item.table,
    )
