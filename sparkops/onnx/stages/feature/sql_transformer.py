"""Columns made by expressions of SQL, and rows dropped by one."""

from __future__ import annotations

from sparkops.onnx.graph_context import One, Work, kind_of
from sparkops.onnx.sql import expression, without_form
from sparkops.onnx.sql.part import Part, unless
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import REALS
from sparkops.scoring.sql.node import Node, columns, read


def select(step: Step, work: Work) -> None:
    """Write the expression; one that is only a column hands that on. Where it fails, a row has no answer."""
    tree = _tree(step)
    if tree.op == "column":
        work.columns[step.outputs[0]] = work.columns[tree.value]
        return
    made = _written(tree, work)
    name = work.of_all_rows(made.name)
    work.columns[step.outputs[0]] = One(name, made.kind, tree.type, made.null, nan=made.kind == "double")


def where(step: Step, work: Work) -> None:
    """Write the condition; a row for which it is false or null has no answer."""
    made = _written(_tree(step), work)
    held = unless(work.graph, made.name, made.null)
    assert held is not None
    work.leave(work.graph.add("Not", held))


def no_form(step: Step) -> str | None:
    """Return why the expression of a step has no exact form; None where it has."""
    tree = _tree(step)
    why = None if tree.op == "column" else without_form(tree)
    return f"its expression holds {why}, which has no exact form" if why else None


def _tree(step: Step) -> Node:
    return read(step.params.get("nodes"), step.stage)


def _written(tree: Node, work: Work) -> Part:
    parts = {name: _column(work, name, kind) for name, kind in columns(tree).items()}
    made = expression(tree, parts, work.graph)
    if made.fault is not None:
        work.leave(made.fault)
    return made


def _column(work: Work, name: str, kind: str) -> Part:
    found = work.columns[name]
    assert isinstance(found, One)
    tensor = work.double(found) if kind in REALS else found.name
    return Part(tensor, kind_of(kind), found.null)
