"""Compare two runs of a project, with what the logs of their tables tell; Spark is not started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparkops.engine.project import LoadedProject
from sparkops.pipeline.table import VersionChange
from sparkops.runs.compare.compare import compare_runs
from sparkops.runs.compare.difference import RunComparison, TableEvidence
from sparkops.runs.records.run import Run
from sparkops.tables.tables import Tables

Facts = Mapping[str, Any]


def diff_runs(project: LoadedProject, before: str, after: str) -> RunComparison:
    """Return the differences between two runs.

    Raises:
        UnknownName: There is no such run.
    """
    first, second = project.runs.load(before), project.runs.load(after)
    tables = Tables(None, project.settings)
    evidence = TableEvidence(
        changes=dict(_find_changes(tables, first, second)),
        columns=dict(_describe_tables(tables, first, second)),
    )
    return compare_runs(first, second, evidence)


def _find_changes(tables: Tables, before: Run, after: Run) -> Iterator[tuple[str, VersionChange]]:
    """Yield the inputs that both runs read in different versions, with the rows between these."""
    for name, first, second in _pair(before.inputs, after.inputs):
        if first["version"] != second["version"] and first["identity"] == second["identity"]:
            change = tables.find_change(name, first["identity"], first["version"], second["version"])
            if change is not None:
                yield name, change


def _describe_tables(tables: Tables, before: Run, after: Run) -> Iterator[tuple[str, str]]:
    """Yield the tables whose columns differ, with a description of the differences."""
    for name, first, second in _pair({**before.inputs, **before.outputs}, {**after.inputs, **after.outputs}):
        if first["schema_hash"] != second["schema_hash"]:
            old = tables.find_columns(name, first["identity"], first["version"])
            new = tables.find_columns(name, second["identity"], second["version"])
            if old is not None and new is not None:
                yield name, ", ".join(_describe_columns(dict(old), dict(new))) or "other order of columns"


def _pair(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> Iterator[tuple[str, Facts, Facts]]:
    """Yield the Delta tables that both runs used, with what each run recorded of them."""
    for name, first in before.items():
        second = after.get(name)
        if second is not None and first["version"] is not None and second["version"] is not None:
            yield name, first, second


def _describe_columns(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    yield from (f"`{name}` {type_} added" for name, type_ in after.items() if name not in before)
    yield from (f"`{name}` {type_} removed" for name, type_ in before.items() if name not in after)
    yield from (
        f"`{name}` {before[name]} is {type_}"
        for name, type_ in after.items()
        if before.get(name, type_) != type_
    )
