"""List the runs that may lose the versions that they read, and copy the versions that a run needs."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparkops.config.state_file import DamagedState, read_state, require_text, require_version
from sparkops.core.atomic_file import replace_file
from sparkops.errors import InputError, VersionGone
from sparkops.runs.execution.lock import lock_for_writing
from sparkops.runs.records.run import utc_now
from sparkops.runs.records.states import ACTIVE
from sparkops.runs.retention.at_risk import InputAtRisk, find_runs_at_risk
from sparkops.runs.retention.needed_versions import NeededVersion, list_needed_versions
from sparkops.tables.version_copies import VersionCopy

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")
# The file in the folder of a run that lists the versions that are copied for it.
_COPIES: Final = "copies.json"
# The lock of all copies.
_LOCK: Final = "_copies"
# Names and ids in a list of copies: they are parts of the path of a folder that is removed.
_PATH_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCopies:
    """The copies of the versions that a run needs.

    Args:
        run: Id of the run.
        copies: The copies that exist, or that would be made.
        is_protected: Whether the copies stay until they are released.
    """

    run: str
    copies: tuple[VersionCopy, ...]
    is_protected: bool


def list_runs_at_risk(
    container: ServiceContainer, *, job: str | None = None, within: timedelta | None = None
) -> tuple[InputAtRisk, ...]:
    """Return the inputs of runs that are gone or may be removed, the most urgent first; Spark is not started.

    Args:
        container: The services.
        job: Only runs of this job.
        within: Only what may be removed within this time, or is gone; None for any time.
    """
    now = utc_now()
    items = find_runs_at_risk(
        container.project.runs.list_newest(job=job), container.tables.examine_versions, now=now
    )
    return tuple(
        item for item in items if within is None or item.removable is None or item.removable - now <= within
    )


def copy_needed_versions(
    container: ServiceContainer, run_id: str, *, inputs_only: bool = False, dry_run: bool = False
) -> RunCopies:
    """Copy the versions that a run needs, and protect the run and the copies; copies that exist stay.

    Args:
        container: The services.
        run_id: The run; see `RunStore.resolve_id`.
        inputs_only: Copy what the run read, and not what it wrote.
        dry_run: Copy nothing, and return what would be copied.

    Raises:
        InputError: The run has not ended, or read and wrote no versions.
        VersionGone: A version is gone already.
    """
    runs, copies = container.project.runs, container.tables.copies
    run = runs.load(run_id)
    if run.state in ACTIVE:
        raise InputError(f"Run {run.id} is {run.state}: keep it when it has ended.")
    needed = list_needed_versions(run, inputs_only=inputs_only)
    if not needed:
        raise InputError(f"Run {run.id} read and wrote no versions of tables, so there is nothing to copy.")
    if not dry_run:
        context = container.build_run_context()
        with lock_for_writing(context.locks, [_LOCK], run.id, wait=context.wait):
            for item in needed:
                _require_source(container, item)
            # Written first, so that what a crash leaves is found when the copies are released.
            _write_list(runs.folder / run.id / _COPIES, needed)
            runs.protect(run.id)
            for item in needed:
                copies.create(item.table, item.identity, item.version)
    described = tuple(copies.describe(item.table, item.identity, item.version) for item in needed)
    return RunCopies(run=run.id, copies=described, is_protected=not dry_run)


def _require_source(container: ServiceContainer, item: NeededVersion) -> None:
    """Refuse to copy a version that is gone, before any other is copied; one that has a copy is not examined.

    Raises:
        VersionGone: It is gone, or the table was created again.
    """
    tables = container.tables
    if tables.copies.find(item.table, item.identity, item.version) is not None:
        return
    tables.require_version(item.table, item.version)
    if tables.pin(item.table, at=item.version).identity != item.identity:
        raise VersionGone(
            f"Table `{item.table}` was created again since, so version {item.version} of the earlier table cannot be "
            "copied."
        )


def release_copies(container: ServiceContainer, run_id: str, *, dry_run: bool = False) -> RunCopies:
    """Remove the copies that were made for a run and that no other run needs, and end its protection.

    Raises:
        InputError: No versions are copied for the run.
        ProjectError: A list of copies cannot be read, so it is unknown which of them another run needs.
    """
    runs, copies = container.project.runs, container.tables.copies
    run_id = runs.resolve_id(run_id)
    path, context = runs.folder / run_id / _COPIES, container.build_run_context()
    with lock_for_writing(context.locks, [_LOCK], run_id, wait=context.wait):
        if not path.exists():
            raise InputError(
                f"No versions are copied for run {run_id}: `sparkops runs keep` lists such runs."
            )
        others = {
            item
            for other in _list_runs(runs.folder)
            if other != run_id
            for item in _read_list(runs.folder / other / _COPIES)
        }
        removed = [item for item in _read_list(path) if item not in others]
        described = tuple(copies.describe(*item) for item in removed)
        if not dry_run:
            for item in removed:
                copies.remove(*item)
            runs.unprotect(run_id)
            path.unlink()
    return RunCopies(run=run_id, copies=described, is_protected=dry_run)


def list_copies(container: ServiceContainer) -> tuple[RunCopies, ...]:
    """Return the runs for which versions are copied, newest first, with the copies."""
    folder, copies = container.project.runs.folder, container.tables.copies
    result: list[RunCopies] = []
    for run_id in _list_runs(folder):
        try:
            items = _read_list(folder / run_id / _COPIES)
        except FileNotFoundError:
            continue
        except DamagedState as error:
            _log.warning("%s", error)
            continue
        described = tuple(copies.describe(*item) for item in items)
        result.append(RunCopies(run=run_id, copies=described, is_protected=True))
    return tuple(result)


def _list_runs(folder: Path) -> list[str]:
    return sorted((path.parent.name for path in folder.glob(f"*/{_COPIES}")), reverse=True)


def _write_list(path: Path, needed: tuple[NeededVersion, ...]) -> None:
    """Write the versions that are copied for a run; those of an earlier list stay in it."""
    items = dict.fromkeys([*(_read_list(path) if path.exists() else ()), *map(_identify, needed)])
    entries = [
        {"table": table, "identity": identity, "version": version} for table, identity, version in items
    ]
    replace_file(path, json.dumps({"copies": entries}), durable=True, private=True)


def _identify(item: NeededVersion) -> tuple[str, str, int]:
    return item.table, item.identity, item.version


def _read_list(path: Path) -> list[tuple[str, str, int]]:
    """Return the table, identity and version of each copy in a list.

    Raises:
        FileNotFoundError: There is no such list.
        DamagedState: It cannot be read.
    """
    advice = (
        f"restore it from a backup; or remove it, and `sparkops runs keep {path.parent.name}` writes it again"
    )
    return read_state(path, _parse_list, content="the list of a run's copies", advice=advice)


def _parse_list(value: Any) -> list[tuple[str, str, int]]:
    items = []
    for entry in value["copies"]:
        table, identity = require_text(entry, "table"), require_text(entry, "identity")
        if not _PATH_PART.fullmatch(table) or not _PATH_PART.fullmatch(identity):
            raise ValueError("the name or id of a table has characters that are not allowed")
        items.append((table, identity, require_version(entry["version"])))
    return items
