"""Vectors: put together, shifted and scaled, cut down, turned, and divided by their length."""

from __future__ import annotations

from itertools import groupby
from math import inf

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.onnx.kernels.vector_layout import is_sparse
from sparkops.scoring.ir.description import Step
from sparkops.scoring.stages.feature.vector.dct import table


def assemble(step: Step, work: Work) -> None:
    """Write the checks of null and NaN, and all parts side by side."""
    keep = step.params["invalid"] == "keep"
    columns = [work.columns[name] for name in step.inputs]
    if not keep:
        _check(work, columns)
    parts = []
    for _, run in groupby(columns, key=lambda each: (type(each), getattr(each, "kind", ""))):
        parts += _parts(work, list(run), keep=keep)
    whole = work.graph.joined(parts)
    work.columns[step.outputs[0]] = Many(whole, sum(_size(column) for column in columns))


def rescale(step: Step, work: Work) -> None:
    """Write (value - shift) * scale + add, or a constant."""
    if not step.arrays:
        work.columns[step.outputs[0]] = work.many(step)
        return
    graph, source = work.graph, work.features(step)
    name = source.name
    for array, op in (("shift", "Sub"), ("scale", "Mul"), ("add", "Add")):
        if array in step.arrays:
            name = graph.add(op, name, step.arrays[array][None, :].astype(np.float64))
    if "constant" in step.arrays:
        fixed = step.arrays["constant"][None, :].astype(np.float64)
        left = graph.add("Or", graph.add("IsNaN", source.name), np.isnan(fixed))
        name = graph.add("Where", left, name, fixed)
    work.columns[step.outputs[0]] = Many(name, source.size)


def pick_slots(step: Step, work: Work) -> None:
    """Write a choice of slots."""
    slots = step.arrays["slots"].astype(np.int64)
    found = work.graph.take(work.features(step).name, slots)
    work.columns[step.outputs[0]] = Many(found, len(slots))


def vector_size(step: Step, work: Work) -> None:
    """Write the check of null."""
    source = work.features(step)
    work.columns[step.outputs[0]] = Many(source.name, source.size)


def project(step: Step, work: Work) -> None:
    """Write the product with the directions."""
    directions = step.arrays["directions"].astype(np.float64)
    found = work.graph.product(work.features(step).name, directions)
    work.columns[step.outputs[0]] = Many(found, len(directions))


def cosine_transform(step: Step, work: Work) -> None:
    """Write the product with the transform; infinities have no answer."""
    graph, source = work.graph, work.features(step)
    if source.size > 1:
        work.leave(graph.any(graph.add("IsInf", source.name)))
    found = graph.product(source.name, table(step))
    work.columns[step.outputs[0]] = Many(found, source.size)


def normalize(step: Step, work: Work) -> None:
    """Write the length and the division; a length of 0 leaves the vector as it is."""
    graph, source, stored = work.graph, work.features(step), str(step.params["stored"])
    length = _length(graph, source.name, float(step.arrays["p"][0]))
    unit = graph.add("Where", graph.add("Equal", length, 0.0), 1.0, length)
    found = graph.add("Div", source.name, unit)
    if stored != "dense":
        zero = graph.add("Equal", source.name, 0.0)
        if stored == "unknown":
            work.leave(graph.add("And", graph.add("IsNaN", length), graph.any(zero)))
        else:
            kept = graph.add("And", zero, is_sparse(graph, source, stored))
            found = graph.add("Where", kept, 0.0, found)
    work.columns[step.outputs[0]] = Many(found, source.size)


def _check(work: Work, columns: list[One | Many]) -> None:
    graph = work.graph
    nulls = [column.null for column in columns if column.null is not None]
    for null in nulls:
        work.leave(null)
    doubled = [column.name for column in columns if isinstance(column, One) and column.nan]
    if doubled:
        work.leave(graph.any(graph.add("IsNaN", graph.joined(doubled))))


def _parts(work: Work, run: list[One | Many], *, keep: bool) -> list[str]:
    """Return a run of columns of one kind as doubles; numbers that stand side by side are turned at once."""
    graph = work.graph
    if keep:
        return [_kept(work, column) for column in run]
    names = [column.name for column in run]
    if isinstance(run[0], Many) or run[0].kind == "double":
        return names
    return [graph.cast(graph.joined(names), "double")]


def _kept(work: Work, column: One | Many) -> str:
    name = work.double(column) if isinstance(column, One) else column.name
    return name if column.null is None else work.graph.add("Where", column.null, np.nan, name)


def _size(column: One | Many) -> int:
    return column.size if isinstance(column, Many) else 1


def _length(graph: Graph, name: str, p: float) -> str:
    sizes = graph.add("Abs", name)
    if p == inf:  # Java's `>` passes over NaN
        some = graph.add("Where", graph.add("IsNaN", name), 0.0, sizes)
        return graph.add("ReduceMax", some, np.array([1]))
    if p == 1.0:
        return graph.sum(sizes)
    if p == 2.0:  # noqa: PLR2004
        return graph.add("Sqrt", graph.sum(graph.add("Mul", name, name)))
    return graph.add("Pow", graph.sum(graph.add("Pow", sizes, p)), 1.0 / p)
