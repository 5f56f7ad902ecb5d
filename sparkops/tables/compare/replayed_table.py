"""Compare a replayed frame with what a run published: its columns, and its rows in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sparkops.core.column_name import quote_column
from sparkops.pipeline.reports.replay_verdict import RowDifference, TableComparison
from sparkops.pipeline.staging import REASONS_COLUMN, StagedPart
from sparkops.pipeline.write import Write
from sparkops.tables.catalog import Catalog
from sparkops.tables.compare.committed_rows import CommittedWrite, describe_rows, select_rows
from sparkops.tables.compare.committed_versions import CommittedVersions
from sparkops.tables.compare.row_difference import CompareOptions, compare_rows
from sparkops.tables.compare.same_files import count_in_same_files
from sparkops.tables.log.delta_log import read_schema_json
from sparkops.tables.quarantine.quarantine import OWN_COLUMNS, RUN_COLUMN
from sparkops.tables.schema import format_type, hash_schema, omit_computed, require_storable
from sparkops.tables.session import Session
from sparkops.tables.staging.stage import Staging
from sparkops.tables.write.publish import prepare_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_NESTED: Final = ("array", "map", "struct", "variant")


@dataclass(frozen=True, slots=True)
class ReplayedTables:
    """Compares what a replay computed with the tables of a project, which it only reads.

    Args:
        catalog: Locates the tables.
        session: Reads them.
    """

    catalog: Catalog
    session: Session

    def stage(self, frame: DataFrame, run_id: str, commit: CommittedWrite) -> DataFrame:
        """Compute a replayed frame once, beside the tables and in none of them.

        The rows and values are those that a reader of the table would find after the write.

        Args:
            frame: What the job returned.
            run_id: The replay, whose staging area has the rows.
            commit: The commit of the run that is replayed.

        Raises:
            TableError: A table cannot store the columns.
        """
        version = self._open(commit).find(commit.version)
        is_mapped = version is not None and version.is_mapped
        require_storable(read_schema_json(frame), commit.write.table, is_mapped=is_mapped)
        stored = prepare_frame(frame, commit.write, version)
        return Staging(self.catalog, self.session).stage(stored, StagedPart(run_id, commit.write.table))

    def locate_shadow(self, run_id: str, table: str) -> str:
        """Return the path or URI of the staged rows of a replay."""
        return Staging(self.catalog, self.session).build_path(run_id, table)

    def compare(self, frame: DataFrame, commit: CommittedWrite, options: CompareOptions) -> TableComparison:
        """Return the comparison of a staged frame with the rows that a commit wrote.

        Raises:
            VersionGone: The version before the commit is needed and was removed.
            BadData: The replayed rows cannot be merged.
        """
        versions = self._open(commit)
        rows = self._count_if_same(frame, versions, commit)
        if rows is not None:
            return TableComparison(
                table=commit.write.table,
                version=commit.version,
                compared=describe_rows(commit),
                rows=RowDifference(recorded=rows, replayed=rows),
            )
        aligned = align_columns(frame, versions.load(commit.version), commit.write)
        selected = select_rows(versions, aligned.frame, commit)
        names = [quote_column(name) for name in aligned.columns]
        recorded, replayed = selected.recorded.select(*names), selected.replayed.select(*names)
        return TableComparison(
            table=commit.write.table,
            version=commit.version,
            compared=selected.rule,
            rows=compare_rows(recorded, replayed, options),
            schema=aligned.changes,
        )

    def _count_if_same(
        self, frame: DataFrame, versions: CommittedVersions, commit: CommittedWrite
    ) -> int | None:
        """Return the number of rows if a staged frame has the same files as the commit; None if that is uncertain."""
        version = versions.find(commit.version)
        if version is None or hash_schema(version.schema) != hash_schema(read_schema_json(frame)):
            return None
        return count_in_same_files(frame.inputFiles(), versions, commit)

    def compare_quarantined(
        self,
        frame: DataFrame,
        table: str,
        *,
        run_id: str,
        commit: CommittedWrite | None,
        options: CompareOptions,
    ) -> TableComparison:
        """Return the comparison of replayed rows that fail checks with those that a run quarantined.

        Args:
            frame: The replayed rows, with their reasons.
            table: Name of the quarantine.
            run_id: The run that is replayed.
            commit: What it committed to the quarantine; None if it quarantined nothing.
            options: How rows are compared.
        """
        from pyspark.sql import functions as F

        rule = "the rows that the run quarantined"
        if commit is None:
            rows = frame.sparkSession.createDataFrame([], frame.schema)
            difference = compare_rows(rows, frame, options)
            return TableComparison(table=table, version=None, compared=rule, rows=difference)
        quarantine = self._open(commit).load(commit.version)
        own = [name for name in OWN_COLUMNS if name != REASONS_COLUMN and name in quarantine.columns]
        recorded = quarantine.where(F.col(RUN_COLUMN) == run_id).drop(*own)
        aligned = align_columns(frame, recorded, commit.write)
        names = [quote_column(name) for name in aligned.columns]
        difference = compare_rows(recorded.select(*names), aligned.frame.select(*names), options)
        return TableComparison(
            table=table, version=commit.version, compared=rule, rows=difference, schema=aligned.changes
        )

    def _open(self, commit: CommittedWrite) -> CommittedVersions:
        return CommittedVersions(
            catalog=self.catalog, session=self.session, table=commit.write.table, identity=commit.identity
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedFrame:
    """A frame with the columns of a table version.

    Args:
        frame: The frame, with the names and types of the version; a column that it may lack is null.
        columns: Columns of both, whose values can be compared.
        changes: Differences between the columns, in words.
    """

    frame: DataFrame
    columns: tuple[str, ...]
    changes: tuple[str, ...] = ()


def align_columns(frame: DataFrame, version: DataFrame, write: Write) -> AlignedFrame:
    """Return a replayed frame with the columns of the version that the run committed.

    Args:
        frame: The replayed rows.
        version: The version.
        write: How the job writes the table.
    """
    from pyspark.sql import functions as F

    present = {field["name"].lower(): field for field in read_schema_json(frame)["fields"]}
    stored = omit_computed(read_schema_json(version), [field["name"] for field in present.values()])
    types = {field.name: field.dataType for field in version.schema.fields}
    can_lack = write.schema_change and write.mode != "overwrite"
    selected, columns, changes, missing = [], [], [], []
    for field in stored["fields"]:
        name, own = field["name"], present.pop(field["name"].lower(), None)
        change = _describe_change(field, own)
        if own is None and can_lack:
            selected.append(F.lit(None).cast(types[name]).alias(name))
            columns.append(name)
        elif own is None:
            missing.append(field)
            changes.append(f"column `{name}` {format_type(field['type'])} is only in the run")
        elif change is None:
            selected.append(F.col(quote_column(own["name"])).alias(name))
            columns.append(name)
        else:
            changes.append(change)
            if not any(_is_nested(part["type"]) for part in (field, own)):
                selected.append(F.col(quote_column(own["name"])).try_cast(types[name]).alias(name))
                columns.append(name)
    note = " (perhaps renamed)" if _may_be_renamed(missing, list(present.values())) else ""
    changes += [
        f"column `{field['name']}` {format_type(field['type'])} is only in the replay{note}"
        for field in present.values()
    ]
    return AlignedFrame(frame=frame.select(*selected), columns=tuple(columns), changes=tuple(changes))


def _describe_change(field: Mapping[str, Any], own: Mapping[str, Any] | None) -> str | None:
    """Return how the type of a column differs, or None."""
    if own is None or format_type(field["type"]) == format_type(own["type"]):
        return None
    recorded, replayed = format_type(field["type"]), format_type(own["type"])
    return f"column `{field['name']}` is {recorded} in the run and {replayed} in the replay"


def _is_nested(data_type: Any) -> bool:
    return not isinstance(data_type, str) or data_type in _NESTED


def _may_be_renamed(missing: Sequence[Mapping[str, Any]], added: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether one column is missing and one was added, and both have the same type."""
    if len(missing) != 1 or len(added) != 1:
        return False
    return format_type(missing[0]["type"]) == format_type(added[0]["type"])
