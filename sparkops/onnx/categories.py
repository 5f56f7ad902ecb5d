"""Categories: text and numbers to an index, an index to a slot of its own, to its label, or to what training says of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkops.onnx.graph_builder import ML, Graph
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import REALS
from sparkops.scoring.stages.feature.categorical.string_indexer import keys


def string_index(step: Step, work: Work) -> None:
    """Write one look-up, and what becomes of a value that is not found."""
    graph, source = work.graph, work.one(step)
    labels, invalid = tuple(step.params["labels"]), step.params["invalid"]
    other = len(labels)
    index = _indexed(work, source, keys(labels, source.type), other)
    if source.null is not None:
        index = graph.add("Where", source.null, np.array(other), index)
    if invalid != "keep":
        work.leave(graph.add("Equal", index, np.array(other)))
    limit = other + (invalid == "keep")
    work.columns[step.outputs[0]] = One(index, "int64", "double", limit=limit)


def one_hot(step: Step, work: Work) -> None:
    """Write one comparison a slot."""
    graph, source = work.graph, work.one(step)
    categories, keep = int(step.params["categories"]), bool(step.params["keep"])
    slots = categories + keep - bool(step.params["drop_last"])
    index = source.name
    if source.kind != "int64" or source.limit is None or source.limit > categories:
        index = _cut(work, source, categories, keep=keep)
    hot = graph.add("Equal", index, np.arange(slots, dtype=np.int64)[None, :])
    work.columns[step.outputs[0]] = Many(graph.cast(hot, "double"), slots, source.null)


def index_to_string(step: Step, work: Work) -> None:
    """Write one look-up; an index without a label has no answer."""
    graph, source = work.graph, work.one(step)
    labels = list(step.params["labels"])
    value = work.double(source)
    low, high = graph.add("Greater", value, -1.0), graph.add("Less", value, float(len(labels)))
    good = graph.add("And", low, high)
    if source.null is not None:
        good = graph.add("And", good, graph.add("Not", source.null))
    work.leave(graph.add("Not", good))
    index = graph.cast(graph.add("Where", good, value, float(len(labels))), "int64")
    table = np.array([*labels, ""], dtype=object)
    found = graph.add("Gather", table, index)
    work.columns[step.outputs[0]] = One(found, "string", "string")


def target_encode(step: Step, work: Work) -> None:
    """Write one look-up."""
    graph, source, arrays = work.graph, work.one(step), step.arrays
    categories, unseen = arrays["categories"].astype(np.float64), arrays["unseen"].astype(np.float64)
    table = np.concatenate([arrays["encodings"].astype(np.float64), unseen, arrays["null"][:1]])
    place = _place(graph, work.double(source), categories)
    if source.null is not None:
        null = len(categories) + 1 if len(arrays["null"]) else len(categories)
        place = graph.add("Where", source.null, np.array(null), place)
    if step.params["invalid"] == "error":
        work.leave(graph.add("Equal", place, np.array(len(categories))))
    found = graph.add("Gather", table.astype(np.float64), place)
    work.columns[step.outputs[0]] = One(found, "double", "double", nan=True)


def _indexed(work: Work, source: One, table: dict[Any, int], other: int) -> str:
    """Return the index of each value by a table; `other` of one that is not in it."""
    graph = work.graph
    if source.type in REALS:
        return _of_reals(graph, work.double(source), table, other)
    if source.type == "boolean":
        found = (np.array(table.get(answer, other)) for answer in (True, False))
        return graph.add("Where", source.name, *found)
    if not table:
        return _always(graph, source.name, other)
    kind = "strings" if source.kind == "string" else "int64s"
    more = {f"keys_{kind}": list(table), "values_int64s": list(table.values()), "default_int64": other}
    return graph.add("LabelEncoder", source.name, domain=ML, **more)


def _of_reals(graph: Graph, value: str, table: dict[Any, int], other: int) -> str:
    """Return the index of doubles; the zeros, kept by their text, are told by their sign."""
    zeros = {key: index for key, index in table.items() if isinstance(key, str)}
    plain = {key: index for key, index in table.items() if not isinstance(key, str)}
    found = _place(graph, value, np.array(list(plain), dtype=np.float64))
    index = graph.add("Gather", np.array([*plain.values(), other], dtype=np.int64), found)
    for text, own in zeros.items():
        sign = np.copysign(np.inf, float(text))
        hit = graph.add(
            "And", graph.add("Equal", value, 0.0), graph.add("Equal", graph.add("Reciprocal", value), sign)
        )
        index = graph.add("Where", hit, np.array(own), index)
    return index


def _place(graph: Graph, value: str, known: Numbers) -> str:
    """Return (rows, 1) the place of each double among known ones; their number where it is none of them."""
    if not len(known):
        return _always(graph, value, 0)
    hit = graph.add("Equal", value, known[None, :])
    place = graph.add("ArgMax", graph.cast(hit, "int64"), axis=1, keepdims=1)
    return graph.add("Where", graph.any(hit), place, np.array(len(known)))


def _always(graph: Graph, name: str, index: int) -> str:
    """Return one index for each row of a tensor."""
    return graph.add("Where", graph.add("Equal", name, name), np.array(index), np.array(index))


def _cut(work: Work, source: One, categories: int, *, keep: bool) -> str:
    """Return an index below `categories`, or that number where there is none."""
    graph, value = work.graph, work.double(source)
    low, high = graph.add("GreaterOrEqual", value, 0.0), graph.add("Less", value, float(categories))
    inside = graph.add("And", low, high)
    if not keep:
        outside = graph.add("Not", inside)
        if source.null is not None:
            outside = graph.add("And", outside, graph.add("Not", source.null))
        work.leave(outside)
    return graph.cast(graph.add("Where", inside, value, float(categories)), "int64")
