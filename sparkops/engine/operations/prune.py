"""Remove what a project does not need any more: records and logs of old runs, and verdicts of checks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sparkops.core.duration import subtract_duration
from sparkops.engine.project import LoadedProject
from sparkops.errors import SparkopsError
from sparkops.runs.records.prune import OldRun, RunPruner
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.run import utc_now
from sparkops.runs.records.run_key import RunKeys
from sparkops.runs.records.verdicts import VerdictFile
from sparkops.tables import Tables

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class OldVerdict:
    """A verdict that is removed; it is computed again if it is needed.

    Args:
        table: The table.
        version: Its version; None for files.
        time: When the verdict was computed.
        reason: `gone`, if no table has the version any more; or `old`.
        bytes: Size of its file.
    """

    table: str
    version: int | None
    time: datetime
    reason: Literal["gone", "old"]
    bytes: int


def prune_runs(project: LoadedProject, *, keep: timedelta, dry_run: bool) -> tuple[OldRun, ...]:
    """Remove the runs that ended longer ago than `keep`, and return what was, or would be, removed."""
    state = project.settings.state
    pruner = RunPruner(
        runs=project.runs,
        publications=PublicationJournal.of_state(state),
        keys=RunKeys(state / "keys"),
    )
    old = pruner.find_old(keep)
    return old if dry_run else pruner.remove(old)


def prune_verdicts(
    container: ServiceContainer, *, keep: timedelta, dry_run: bool = False
) -> tuple[OldVerdict, ...]:
    """Remove verdicts about versions that are gone, and older ones than `keep`; return those, by table and version.

    The verdicts about the newest version of a table stay, whatever their age. Spark is not started: where only Spark
    knows whether a version exists, the age of the verdict decides.
    """
    files = list(container.build_run_context().verdicts.list_files())
    tables = Tables(None, container.settings)
    limit = subtract_duration(utc_now(), keep)
    old: list[OldVerdict] = []
    for table in sorted({file.table for file in files}):
        of_table = [file for file in files if file.table == table]
        for file, reason in _find_old(tables, table, of_table, limit):
            old.append(_build_old_verdict(file, reason))
            if not dry_run:
                _remove(file.path)
    return tuple(old)


def _find_old(
    tables: Tables, table: str, files: Collection[VerdictFile], limit: datetime
) -> Iterator[tuple[VerdictFile, Literal["gone", "old"]]]:
    """Yield the verdicts about a table that are not needed, by version."""
    newest, unreadable = _find_newest(tables, table), _find_unreadable(tables, table, files)
    for file in sorted(files, key=lambda file: (file.version is None, file.version or 0, file.time)):
        if (file.identity, file.version) in unreadable:
            yield file, "gone"
        elif file.time < limit and (file.version is None or file.version != newest):
            yield file, "old"


def _find_newest(tables: Tables, table: str) -> int | None:
    try:
        return tables.describe(table).version
    except SparkopsError:
        return None


def _find_unreadable(
    tables: Tables, table: str, files: Collection[VerdictFile]
) -> set[tuple[str | None, int | None]]:
    """Return identity and version of the verdicts whose version cannot be read any more."""
    versions: dict[str, set[int]] = {}
    for file in files:
        if file.identity is not None and file.version is not None:
            versions.setdefault(file.identity, set()).add(file.version)
    unreadable: set[tuple[str | None, int | None]] = set()
    for identity, numbers in versions.items():
        examined = tables.examine_versions(table, identity, numbers) or {}
        unreadable |= {(identity, version) for version, item in examined.items() if item.problem}
    return unreadable


def _build_old_verdict(file: VerdictFile, reason: Literal["gone", "old"]) -> OldVerdict:
    return OldVerdict(table=file.table, version=file.version, time=file.time, reason=reason, bytes=file.bytes)


def _remove(path: Path) -> None:
    # Another command may have removed it; one that cannot be removed is not needed either.
    with suppress(OSError):
        path.unlink(missing_ok=True)
