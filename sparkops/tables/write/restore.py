"""Return a table to an earlier version by one commit, exactly once for a run."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller

from sparkops.errors import TableBusy, TableError
from sparkops.pipeline.table import Commit, PublishedVersion
from sparkops.tables.backends.protocol import Restore
from sparkops.tables.backends.selection import run_on_backend
from sparkops.tables.catalog import Location
from sparkops.tables.error_messages.spark_errors import translate_spark_errors
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.delta_log import find_version, load_version, read_history
from sparkops.tables.log.replay import count_rows, list_data_files
from sparkops.tables.schema import hash_schema
from sparkops.tables.session import Session

# Operations of commits that change neither rows nor columns nor properties.
MAINTENANCE = frozenset({"OPTIMIZE", "VACUUM START", "VACUUM END", "REORG"})


def restore_table(
    location: Location,
    session: Session,
    version: int | None,
    *,
    run_id: str | None,
    newest: int | None = None,
    require_version: Callable[[], None] = lambda: None,
) -> PublishedVersion:
    """Return a table to an earlier version, and return the new version; a run that did so already writes nothing.

    Args:
        location: The table, which exists.
        session: Used only where delta-rs does not support the table.
        version: The earlier version; None removes all rows.
        run_id: The run that restores it; None outside of a run.
        newest: The version that is replaced; later commits that only maintain files are allowed. None for any.
        require_version: Raises VersionGone if the earlier version cannot be read; called only if it is needed.

    Raises:
        TableBusy: Another writer changed the table in the meantime, or at the same time.
    """
    with translate_spark_errors():
        commits = read_history(location, session, limit=None)
        earlier = find_restore(commits, run_id, after=newest) if run_id else None
        if earlier is not None:
            return _describe(location, session, earlier.version, already_published=True)
        require_version()
        _require_unchanged(location, commits, newest)
        request = Restore(
            version=version, newest=commits[0].version, write_id=WriteId(run_id) if run_id else None
        )
        run_on_backend(location, session, methodcaller("restore", request))
        return _describe(location, session, None, already_published=False)


def require_restorable(
    location: Location,
    session: Session,
    *,
    run_id: str,
    newest: int,
    require_version: Callable[[], None],
) -> None:
    """Refuse, before anything is changed, what `restore_table` would refuse.

    Raises:
        VersionGone: As raised by `require_version`.
        TableBusy: Another writer changed the table in the meantime.
    """
    with translate_spark_errors():
        commits = read_history(location, session, limit=None)
        if find_restore(commits, run_id, after=newest) is None:
            require_version()
            _require_unchanged(location, commits, newest)


def _require_unchanged(location: Location, commits: tuple[Commit, ...], newest: int | None) -> None:
    """Refuse a table whose rows, columns or properties were changed after version `newest`.

    Raises:
        TableBusy: They were, and the change was not taken back.
    """
    later = [commit for commit in commits if newest is not None and commit.version > newest]
    changes = [commit for commit in later if commit.operation not in MAINTENANCE]
    if changes and not _has_same_files(location, newest, commits[0].version):
        raise TableBusy(_describe_change(location, changes[-1]))


def find_restore(commits: tuple[Commit, ...], run_id: str, *, after: int | None) -> Commit | None:
    """Return the commit by which a run restored a table after a version, or None."""
    return next(
        (
            commit
            for commit in commits
            if commit.run_id == run_id and commit.batch is None and (after is None or commit.version > after)
        ),
        None,
    )


def _has_same_files(location: Location, before: int | None, after: int) -> bool:
    """Return whether two versions have the same data files, so that the changes between them were taken back."""
    if location.local is None or before is None:
        return False
    files = [list_data_files(location.local, version) for version in (before, after)]
    return None not in files and set(files[0] or ()) == set(files[1] or ())


def _describe_change(location: Location, commit: Commit) -> str:
    by = f"run {commit.run_id}" if commit.run_id else f"another writer ({commit.operation})"
    return (
        f"Table `{location.table}` was changed in the meantime: {by} made version {commit.version}, "
        "so it is not restored. "
        f"Take that back with `sparkops tables restore {location.table} {commit.version - 1}`, then continue."
    )


def _describe(
    location: Location, session: Session, version: int | None, *, already_published: bool
) -> PublishedVersion:
    restored = find_version(location, session, at=version)
    if restored is None:
        raise TableError(f"Table `{location.table}` cannot be read after it was restored.")
    rows = count_rows(location.local, restored.version) if location.local else None
    if rows is None:
        rows = int(load_version(location, session, restored.version).count())
    return PublishedVersion(
        table=location.table,
        version=restored.version,
        rows=rows,
        location=location.address,
        identity=restored.identity,
        schema_hash=hash_schema(restored.schema),
        already_published=already_published,
    )
