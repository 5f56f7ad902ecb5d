"""Numbers: put in the place of missing ones, compared, sorted into buckets, and read off a line."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import WHOLE_RANGES


def impute(step: Step, work: Work) -> None:
    """Write one choice; null, and the missing value, take the surrogate in the column's own type."""
    graph, source = work.graph, work.one(step)
    missing = float(step.arrays["missing"][0])
    tests = [source.null] if source.null is not None else []
    if np.isnan(missing):
        tests += [graph.add("IsNaN", source.name)] if source.kind == "double" else []
    else:
        tests.append(graph.add("Equal", work.double(source), missing))
    name = source.name
    if tests:
        name = graph.add("Where", graph.either(tests), _surrogate(step, source.type), name)
    work.columns[step.outputs[0]] = One(name, source.kind, source.type, nan=source.kind == "double")


def binarize(step: Step, work: Work) -> None:
    """Write one comparison; Spark asks a vector for `<=` where the threshold is negative, so that NaN gives 1."""
    graph, threshold = work.graph, float(step.arrays["threshold"][0])
    if isinstance(work.columns.get(step.inputs[0]), Many):
        source = work.features(step)
        if threshold >= 0.0:
            above = graph.add("Greater", source.name, threshold)
        else:
            above = graph.add("Not", graph.add("LessOrEqual", source.name, threshold))
        work.columns[step.outputs[0]] = Many(graph.cast(above, "double"), source.size)
        return
    one = work.one(step)
    above = graph.add("Greater", work.double(one), threshold)
    if one.null is not None:
        above = graph.add("And", above, graph.add("Not", one.null))
    work.columns[step.outputs[0]] = One(graph.cast(above, "int64"), "int64", "double", limit=2)


def bucketize(step: Step, work: Work) -> None:
    """Write one comparison a split; the last bucket is closed on the right."""
    graph, source, invalid = work.graph, work.one(step), step.params["invalid"]
    splits, value = step.arrays["splits"].astype(np.float64), work.double(source)
    last = len(splits) - 1
    none = graph.add("IsNaN", value)
    if source.null is not None and invalid != "skip":
        none = graph.add("And", none, graph.add("Not", source.null))
    if invalid != "keep":
        work.leave(none)
    if invalid == "skip" and source.null is not None:
        work.leave(source.null)
    index = _bucket(graph, value, splits)
    known = graph.add("Not", none if source.null is None else graph.add("Or", none, source.null))
    outside = graph.either(
        [graph.add("Less", index, np.array(0)), graph.add("GreaterOrEqual", index, np.array(last))]
    )
    work.leave(graph.add("And", outside, known))
    index = graph.add("Where", known, index, np.array(last))
    null = source.null if invalid != "skip" else None
    work.columns[step.outputs[0]] = One(index, "int64", "double", null, limit=last + (invalid == "keep"))


def isotonic(step: Step, work: Work) -> None:
    """Write the places below the value, and the line between the two it stands between."""
    graph, arrays = work.graph, step.arrays
    places, answers = arrays["places"].astype(np.float64), arrays["answers"].astype(np.float64)
    column, null = work.columns.get(step.inputs[0]), None
    if isinstance(column, One):
        value, null = work.double(column), column.null
    else:
        value = graph.take(work.features(step).name, [int(step.params["feature"])])
    last = len(places) - 1
    below = graph.sum(graph.cast(graph.add("Less", places[None, :], value), "int64"))
    at = graph.add("Where", graph.add("IsNaN", value), np.array(last + 1), below)
    right = graph.add("Min", at, np.array(last))
    left = graph.add("Max", graph.add("Sub", right, np.array(1)), np.array(0))
    ends = [[graph.add("Gather", table, side) for side in (left, right)] for table in (places, answers)]
    line = _line(graph, value, *ends)
    known = graph.either(
        [
            graph.add("Equal", at, np.array(0)),
            graph.add("Equal", at, np.array(last + 1)),
            graph.add("Equal", ends[0][1], value),
        ]
    )
    found = graph.add("Where", known, ends[1][1], line)
    work.columns[step.outputs[0]] = One(found, "double", "double", null, nan=True)


def _line(graph: Graph, value: str, places: list[str], answers: list[str]) -> str:
    rise = graph.add("Mul", graph.add("Sub", answers[1], answers[0]), graph.add("Sub", value, places[0]))
    return graph.add("Add", answers[0], graph.add("Div", rise, graph.add("Sub", places[1], places[0])))


def _surrogate(step: Step, kind: str) -> np.ndarray[tuple[()], np.dtype[np.float64 | np.int64]]:
    value = float(step.arrays["surrogate"][0])
    if kind in WHOLE_RANGES:
        return np.array(int(value))
    return np.array(float(np.float32(value)) if kind == "float" else value)


def _bucket(graph: Graph, value: str, splits: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """Return the last split that is not above; Java's search puts -0.0 below 0.0."""
    reached = graph.add("LessOrEqual", splits[None, :], value)
    zeros = (splits == 0.0) & ~np.signbit(splits)
    if zeros.any():
        minus = graph.add("Less", graph.add("Reciprocal", value), 0.0)
        below = graph.add("And", graph.add("Equal", value, 0.0), minus)
        reached = graph.add("And", reached, graph.add("Not", graph.add("And", below, zeros[None, :])))
    index = graph.add("Sub", graph.sum(graph.cast(reached, "int64")), np.array(1))
    end = graph.add("Equal", value, float(splits[-1]))
    return graph.add("Where", end, np.array(len(splits) - 2), index)
