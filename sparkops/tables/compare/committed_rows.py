"""Select the rows that a run's commit wrote into a table, and those that writing the replayed rows would leave.

What is compared depends on the mode of the write:

- `overwrite`: all rows of the committed version with the replayed rows.
- `append`: the rows in the files that the commit added with the replayed rows.
- `replace`: the rows of the replaced slice with the replayed rows. If rows instead of parameters define the slice, all
  slices that the run or the replay replaces are compared.
- `merge`: the committed rows of every key that the run or the replay writes, with the rows that a merge of the replayed
  rows into the previous version would leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from sparkops.core.column_name import quote_column
from sparkops.pipeline.write import Write
from sparkops.tables.backends.replaced_slice import ReplacedSlice
from sparkops.tables.compare.committed_versions import CommittedVersions
from sparkops.tables.log.changed_files import list_changed_files
from sparkops.tables.write.merge_rows import require_unique_keys

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_NEW: Final = "_sparkops_new"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedWrite:
    """A write that a run committed.

    Args:
        write: Table, mode and keys.
        version: The version that the commit made.
        identity: Delta's id of the table.
        parameters: The run's parameters, which define the slice of a `replace`.
    """

    write: Write
    version: int
    identity: str
    parameters: Mapping[str, Any]

    @property
    def needs_before(self) -> bool:
        """Return whether the previous version is needed to tell what the write of other rows would have left."""
        write = self.write
        has_open_slice = any(self.parameters.get(name) is None for name in write.by)
        return self.version > 0 and (write.mode == "merge" or (write.mode == "replace" and has_open_slice))


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparableRows:
    """Rows that a commit wrote, and those to compare them with.

    Args:
        recorded: The rows that the commit wrote.
        replayed: The rows that it would have written in their place, given the replayed ones.
        rule: Which rows these are, in words.
    """

    recorded: DataFrame
    replayed: DataFrame
    rule: str


def select_rows(versions: CommittedVersions, frame: DataFrame, commit: CommittedWrite) -> ComparableRows:
    """Return the rows of a commit and those to compare them with.

    Args:
        versions: The versions of the table.
        frame: The replayed rows, with the values that a reader of the table would get.
        commit: The commit.

    Raises:
        VersionGone: A version that is needed was removed and has no copy.
        BadData: The replayed rows cannot be merged, because several have one key.
    """
    write = commit.write
    after = versions.load(commit.version)
    if write.mode == "merge":
        require_unique_keys(frame, write)
    if write.mode == "append" and commit.version > 0:
        rows = _select_added(versions, commit, after)
        return ComparableRows(recorded=rows, replayed=frame, rule=describe_rows(commit))
    if write.mode == "replace":
        return _select_slice(versions, frame, commit)
    old = _load_before(versions, commit)
    if write.mode != "merge" or old is None:
        return ComparableRows(recorded=after, replayed=frame, rule=describe_rows(commit))
    expected = _merge(old, frame, after, write)
    keys = _list_touched(versions, commit, frame, write.by)
    return ComparableRows(
        recorded=_semi_join(after, keys, write.by),
        replayed=_semi_join(expected, keys, write.by),
        rule=f"the rows of every key ({', '.join(write.by)}) that the run or the replay writes, after the merge",
    )


def describe_rows(commit: CommittedWrite) -> str:
    """Return which rows of an append, or of a write that replaces the table, are compared, in words."""
    is_append = commit.write.mode == "append" and commit.version > 0
    return "the rows that the run appended" if is_append else "all rows of the version"


def _load_before(versions: CommittedVersions, commit: CommittedWrite) -> DataFrame | None:
    """Return the version before a commit; None if the commit created the table, or the comparison does not need it.

    Raises:
        VersionGone: Its files were removed, and the comparison needs them.
    """
    if not commit.needs_before or versions.find(commit.version - 1) is None:
        return None
    return versions.load(commit.version - 1)


def _select_added(versions: CommittedVersions, commit: CommittedWrite, after: DataFrame) -> DataFrame:
    """Return the rows that an append added."""
    files = list_changed_files(versions.location, commit.version)
    rows = versions.load_files(commit.version, files[0]) if files is not None else None
    if rows is not None:
        return rows
    before = versions.load(commit.version - 1)
    # Columns that the append added are null in earlier rows.
    missing = [
        _build_null(after, name).alias(name) if name not in before.columns else quote_column(name)
        for name in after.columns
    ]
    return after.exceptAll(before.select(*missing))


def _select_slice(versions: CommittedVersions, frame: DataFrame, commit: CommittedWrite) -> ComparableRows:
    """Return the rows of the slices that a run, or its replay, replaces."""
    from pyspark.sql import functions as F

    write = commit.write
    after, facts = versions.load(commit.version), versions.find(commit.version)
    replaced = ReplacedSlice.from_parameters(
        write.by, commit.parameters, frame, partition_by=facts.partition_by if facts else write.partition_by
    )
    condition = F.coalesce(F.expr(replaced.fixed_condition), F.lit(False)) if replaced.conditions else None
    open_columns = [name for name in replaced.columns if name not in replaced.conditions]
    if not open_columns and condition is not None:
        rule = f"the rows where {replaced.fixed_condition}"
        return ComparableRows(recorded=after.where(condition), replayed=frame, rule=rule)
    old = _load_before(versions, commit)
    if old is None:
        return ComparableRows(recorded=after, replayed=frame, rule=describe_rows(commit))
    keys = _list_touched(versions, commit, frame, open_columns)
    remaining = _anti_join(old, frame.select(*map(quote_column, open_columns)).distinct(), open_columns)
    if condition is not None:
        # Rows that do not satisfy the condition belong to no slice.
        remaining = remaining.where(condition)
        after = after.where(condition)
    expected = _align(_semi_join(remaining, keys, open_columns), after).unionByName(_align(frame, after))
    return ComparableRows(
        recorded=_semi_join(after, keys, open_columns),
        replayed=expected,
        rule=f"the rows of every slice ({', '.join(write.by)}) that the run or the replay replaces",
    )


def _list_touched(
    versions: CommittedVersions, commit: CommittedWrite, frame: DataFrame, by: Sequence[str]
) -> DataFrame:
    """Return the keys of all rows that the commit or the replayed frame can have changed, each once."""
    added, removed = list_changed_files(versions.location, commit.version) or (None, None)
    after = _load_changed(versions, commit.version, added)
    old = _load_changed(versions, commit.version - 1, removed)
    names = [quote_column(name) for name in by]
    frames = [rows.select(*names) for rows in (frame, old, after)]
    return reduce(lambda first, second: first.unionByName(second), frames).distinct()


def _load_changed(versions: CommittedVersions, version: int, files: frozenset[str] | None) -> DataFrame:
    """Return the rows of a version that a commit can have changed: those in these files, or all if they are unknown."""
    rows = versions.load_files(version, files) if files is not None else None
    return versions.load(version) if rows is None else rows


def _semi_join(frame: DataFrame, keys: DataFrame, by: Sequence[str]) -> DataFrame:
    return frame.alias("rows").join(keys.alias("keys"), _build_key_condition("rows", "keys", by), "left_semi")


def _anti_join(frame: DataFrame, keys: DataFrame, by: Sequence[str]) -> DataFrame:
    return frame.alias("rows").join(keys.alias("keys"), _build_key_condition("rows", "keys", by), "left_anti")


def _build_key_condition(left: str, right: str, by: Sequence[str]) -> Column:
    """Return the condition that both sides of a join, named by their aliases, have the same keys; null equals null."""
    from pyspark.sql import functions as F

    conditions = [
        F.col(f"{left}.{quote_column(name)}").eqNullSafe(F.col(f"{right}.{quote_column(name)}"))
        for name in by
    ]
    return reduce(lambda first, second: first & second, conditions)


def _merge(old: DataFrame, frame: DataFrame, after: DataFrame, write: Write) -> DataFrame:
    """Return the rows of a table after a frame is merged into it.

    Args:
        old: The table before the merge.
        frame: The merged rows.
        after: The version after the merge, for its columns.
        write: Keys and order of the merge.
    """
    from pyspark.sql import functions as F

    joined = old.alias("old").join(
        frame.withColumn(_NEW, F.lit(True)).alias("new"),
        _build_key_condition("old", "new", write.by),
        "full_outer",
    )
    is_new = F.coalesce(F.col(f"new.{_NEW}"), F.lit(False)) & _build_update_condition(old, write)
    known = {name.lower(): name for name in old.columns}
    written = {name.lower(): name for name in frame.columns}
    columns = []
    for name in after.columns:
        before, now = known.get(name.lower()), written.get(name.lower())
        old_value = F.col(f"old.{quote_column(before)}") if before else _build_null(after, name)
        new_value = F.col(f"new.{quote_column(now)}") if now else old_value
        columns.append(F.when(is_new, new_value).otherwise(old_value).alias(name))
    return joined.select(*columns)


def _build_update_condition(old: DataFrame, write: Write) -> Column:
    """Return the condition that a merged row is not older, by `order_by`, than the row of its key that it replaces."""
    from pyspark.sql import functions as F

    known = {name.lower(): name for name in old.columns}
    columns = [name for name in write.order_by if name.lower() in known]
    if not columns:
        return F.lit(True)
    new = F.struct(
        *(F.col(f"new.{quote_column(name)}").alias(f"c{number}") for number, name in enumerate(columns))
    )
    present = (F.col(f"old.{quote_column(known[name.lower()])}") for name in columns)
    earlier = F.struct(*(column.alias(f"c{number}") for number, column in enumerate(present)))
    # If the table had no row of the key, these fields are null, which Spark sorts lowest.
    return new >= earlier


def _align(frame: DataFrame, target: DataFrame) -> DataFrame:
    """Return a frame with the columns of another one; a column that it lacks is null."""
    known = {name.lower(): name for name in frame.columns}
    columns = []
    for name in target.columns:
        source = known.get(name.lower())
        column = frame[quote_column(source)] if source else _build_null(target, name)
        columns.append(column.alias(name))
    return frame.select(*columns)


def _build_null(frame: DataFrame, name: str) -> Column:
    """Return null, of the type of a column."""
    from pyspark.sql import functions as F

    return F.lit(None).cast(frame.schema[name].dataType)
