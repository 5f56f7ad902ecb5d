"""The table versions that a run needs: those it read, to run again, and those it wrote, for comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkops.runs.records.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededVersion:
    """A version of a Delta table that a run needs.

    Args:
        table: Name in the catalog.
        identity: Delta's id of the table.
        version: The version.
        is_input: Whether the run read it; else it wrote it.
    """

    table: str
    identity: str
    version: int
    is_input: bool


def list_needed_versions(run: Run, *, inputs_only: bool = False) -> tuple[NeededVersion, ...]:
    """Return the versions that a run read and wrote, each once.

    Sources have no versions, and what an old record lists without the table's identity is left out.
    """
    needed: dict[tuple[str, str, int], NeededVersion] = {}
    for item in _list(run, inputs_only):
        needed.setdefault((item.table, item.identity, item.version), item)
    return tuple(needed.values())


def _list(run: Run, inputs_only: bool) -> Iterator[NeededVersion]:
    for table, pin in run.inputs.items():
        if pin["version"] is not None and "identity" in pin:
            yield NeededVersion(table=table, identity=pin["identity"], version=pin["version"], is_input=True)
    if inputs_only:
        return
    for table, output in run.outputs.items():
        if "identity" in output:
            yield NeededVersion(
                table=table, identity=output["identity"], version=output["version"], is_input=False
            )
