"""Trace the lineage of a table or model through the recorded runs of a project."""

from __future__ import annotations

from sparkops.engine.project import LoadedProject
from sparkops.runs.lineage.graph import Direction, Lineage
from sparkops.runs.lineage.trace import LineageGraph


def trace_lineage(project: LoadedProject, name: str, *, direction: Direction, depth: int | None) -> Lineage:
    """Return the lineage of a table or model.

    Raises:
        InputError: No recorded run read or wrote it.
    """
    return LineageGraph.of(project.runs).trace(name, direction, depth)
