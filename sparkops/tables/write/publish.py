"""Publish a frame into its table: once for a run, whatever it was interrupted by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparkops.errors import InputError, SchemaChanged, TableError
from sparkops.pipeline.table import Commit, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.tables.backends.deltars.commit_files import Files, adopted
from sparkops.tables.backends.spark.merge import merge, require_unique
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import Mark
from sparkops.tables.log.delta_log import own_commit, schema_json, tip
from sparkops.tables.log.local_log import LogTip
from sparkops.tables.schema import clashes, columns, difference, require_storable, schema_hash
from sparkops.tables.session import Session
from sparkops.tables.storage import require_writable
from sparkops.tables.write.replaced_slice import require_inside, slice_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def publish(
    location: Location,
    session: Session,
    frame: DataFrame,
    write: Write,
    *,
    mark: Mark,
    values: Mapping[str, Any],
    files: Files | None = None,
) -> PublishedVersion:
    """Write the frame into its table as `write` says, and return the version that holds it.

    Args:
        location: Of the table.
        session: Where the write runs.
        frame: The rows.
        write: How they go into the table.
        mark: Of the commit; where it stands already, nothing is written.
        values: The run's parameters: they name the slice of a `replace`.
        files: Gives the files of a frame, which may become the table's own.

    Raises:
        InputError: The table is a read-only source.
        TableError: The table cannot be written to.
        SchemaChanged: The frame's columns are not the table's, and the job does not allow that.
        BadData: A row outside of the replaced slice, or a merge key that stands twice.
    """
    require_delta(location)
    done = own_commit(location, session, mark)
    if done is not None:
        return _published(location, session, done, mark, already=True)
    struct = schema_json(frame)
    require_storable(struct, write.table)
    _require_by(write, struct)
    before = tip(location, session)
    if before is None and location.local is not None:
        require_writable(str(location.local), what=f"table `{location.table}`")
    options = _schema_options(write, struct, before)
    if files is None or options or not adopted(location, frame, files, write, before, mark, values):
        _write(location, session, frame, write, before, mark=mark, values=values, options=options)
    commit = own_commit(location, session, mark)
    return _published(location, session, commit, mark, already=False)


def find(location: Location, session: Session, mark: Mark) -> PublishedVersion | None:
    """Return what was already published with a mark into a table, or None."""
    done = own_commit(location, session, mark)
    return None if done is None else _published(location, session, done, mark, already=True)


def _write(
    location: Location,
    session: Session,
    frame: DataFrame,
    write: Write,
    before: LogTip | None,
    *,
    mark: Mark,
    values: Mapping[str, Any],
    options: dict[str, str],
) -> None:
    """Make the one commit of a run, by the write's mode."""
    marks = mark.options(mode=write.mode)
    if write.mode == "merge":
        require_unique(frame, write)
        if before is not None:
            merge(location, session, frame, write, marks)
            return
    mode = "append" if write.mode in ("append", "merge") else "overwrite"
    if write.mode == "replace":
        options |= _replaced(frame, write, before, values)
    if (
        before is None and location.name is not None
    ):  # any other way of making a metastore's table loses the marks
        mode, options = "overwrite", {}
    writer = frame.write.format("delta").mode(mode).options(**marks, **options)
    if before is None or location.name is not None or "overwriteSchema" in options:
        kept = write.partition_by or (before.partition_by if before else ())
        writer = writer.partitionBy(*(c for c in kept if c in frame.columns))
    if location.name is not None:
        writer.saveAsTable(location.name)
    else:
        writer.save(location.text)


def _replaced(
    frame: DataFrame, write: Write, before: LogTip | None, values: Mapping[str, Any]
) -> dict[str, str]:
    """Return the options that narrow an overwrite to what a `replace` replaces."""
    narrowed = any(values.get(column) is not None for column in write.by)
    if before is not None and not narrowed and set(write.by) == set(before.partition_by):
        return {"partitionOverwriteMode": "dynamic"}
    chosen = slice_of(frame, write.by, values)
    if (
        before is None or narrowed
    ):  # Delta does not look when it makes a table, and its own words name no value
        require_inside(frame, chosen, write.table)
    return {"replaceWhere": chosen.condition}


def _schema_options(write: Write, struct: Mapping[str, Any], before: LogTip | None) -> dict[str, str]:
    """Return the options that let an allowed schema change through, and refuse any other."""
    if before is None:
        return {}
    old, new = columns(before.schema), columns(struct)
    changes = list(difference(old, new))
    if write.partition_by and write.partition_by != before.partition_by:
        changes.append(
            f"it is partitioned by {_names(before.partition_by)} and the job says {_names(write.partition_by)}"
        )
    if not changes:
        return {}
    if not write.schema_change:
        raise SchemaChanged(
            f"Table `{write.table}` would change: {'; '.join(changes)}. "
            "Mend the job, or allow it with `schema_change=True`."
        )
    if write.mode == "overwrite":
        return {"overwriteSchema": "true"}
    clashing = clashes(old, new)
    if clashing or (write.partition_by and write.partition_by != before.partition_by):
        raise SchemaChanged(
            f"Table `{write.table}`: mode `{write.mode}` may add columns, and may not change what stands: "
            f"{'; '.join(changes)}. Overwrite the whole table instead."
        )
    return {"mergeSchema": "true"}


def _require_by(write: Write, struct: Mapping[str, Any]) -> None:
    if write.mode in ("replace", "merge") and not write.by:
        raise TableError(f"Table `{write.table}`: mode `{write.mode}` needs columns to go by.")
    here = [name for name, _ in columns(struct)]
    for column in (*write.by, *write.partition_by):
        if column not in here:
            raise SchemaChanged(
                f"Table `{write.table}` goes by `{column}`, and the frame has no such column; it has {_names(here)}."
            )


def require_delta(location: Location) -> None:
    """Refuse to write to a read-only source.

    Raises:
        InputError: It is one.
    """
    if location.kind == "source":
        raise InputError(
            f"`{location.table}` is a read-only source ({location.format}) and cannot be written to: "
            "publish under another name."
        )


def _names(found: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in found) or "nothing"


def _published(
    location: Location, session: Session, commit: Commit | None, mark: Mark, *, already: bool
) -> PublishedVersion:
    """Return the facts of a run's commit; without one, Delta knew the run's transaction and wrote nothing."""
    found = tip(location, session, at=commit.version if commit else None)
    if found is None:
        raise TableError(
            f"Table `{location.table}` is not at {location.text} after run {mark.run_id} wrote it."
        )
    return PublishedVersion(
        table=location.table,
        version=found.version,
        rows=(commit.rows or 0) if commit else 0,
        location=location.text,
        identity=found.identity,
        schema_hash=schema_hash(found.schema),
        already=already or commit is None,
    )
