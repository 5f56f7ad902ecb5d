"""A value of an expression in a graph, where it is null, and where working it out fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder

BLANKS: dict[str, np.ndarray[tuple[int, int], np.dtype[np.generic]]] = {
    "double": np.array([[0.0]]),
    "int64": np.array([[0]]),
    "bool": np.array([[False]]),
    "string": np.array([[""]], dtype=object),
}


@dataclass(frozen=True, slots=True)
class GraphValue:
    """One value a row; each tensor is (rows, 1), or (1, 1) of one value for all rows.

    Args:
        name: Its tensor; what stands there where it is null or fails means nothing.
        kind: Kind of the tensor.
        null: Where it is null; None when it never is.
        fault: Where Spark raises as it works it out; None when it never does.
    """

    name: str
    kind: str
    null: str | None = None
    fault: str | None = None


def null_and_error(
    graph: GraphBuilder, parts: Sequence[GraphValue], *, backwards: bool = False
) -> tuple[str | None, str | None]:
    """Return where a value is null as one of its parts is, and where one fails that is worked out.

    Parts are worked out in order, and those after a null one are not, as in Spark.

    Args:
        graph: The graph.
        parts: The parts.
        backwards: The last part is worked out first, as Spark does in divisions.
    """
    null: str | None = None
    fault: str | None = None
    for part in reversed(parts) if backwards else parts:
        fault = or_mask(graph, fault, and_not_mask(graph, part.fault, null))
        null = or_mask(graph, null, part.null)
    return null, fault


def or_mask(graph: GraphBuilder, one: str | None, other: str | None) -> str | None:
    """Return where one of two is true; None is never true."""
    if one is None or other is None:
        return one or other
    return graph.add("Or", one, other)


def and_not_mask(graph: GraphBuilder, one: str | None, other: str | None) -> str | None:
    """Return where one is true and the other is not."""
    if one is None or other is None:
        return one
    return graph.add("And", one, graph.add("Not", other))


def and_mask(graph: GraphBuilder, one: str | None, other: str | None) -> str | None:
    """Return where both are true; None is never true."""
    return None if one is None or other is None else graph.add("And", one, other)
