"""A value of an expression in a graph, with the masks of where it is null and where its evaluation raises."""

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
    """A value for each row. Each tensor is (rows, 1), or (1, 1) for a constant.

    Args:
        name: Tensor of the values; its content is arbitrary where the value is null or its evaluation raises.
        dtype: Element type of the tensor: "double", "int64", "bool" or "string".
        null: Mask of the rows where it is null; None if it never is.
        error: Mask of the rows where Spark raises on evaluation; None if it never does.
    """

    name: str
    dtype: str
    null: str | None = None
    error: str | None = None


def add_null_and_error(
    graph: GraphBuilder, operands: Sequence[GraphValue], *, backwards: bool = False
) -> tuple[str | None, str | None]:
    """Return the masks of null and of error of an operation that is null where an operand is.

    As in Spark, operands are evaluated in order, and those after a null one are not evaluated.

    Args:
        graph: The graph.
        operands: The operands.
        backwards: The last operand is evaluated first, as Spark does in divisions.
    """
    null: str | None = None
    error: str | None = None
    for operand in reversed(operands) if backwards else operands:
        error = add_or(graph, error, add_and_not(graph, operand.error, null))
        null = add_or(graph, null, operand.null)
    return null, error


def add_or(graph: GraphBuilder, one: str | None, other: str | None) -> str | None:
    """Return the disjunction of two masks; None is false everywhere."""
    if one is None or other is None:
        return one or other
    return graph.add("Or", one, other)


def add_and_not(graph: GraphBuilder, one: str | None, other: str | None) -> str | None:
    """Return the mask that is true where `one` is and `other` is not."""
    if one is None or other is None:
        return one
    return graph.add("And", one, graph.add("Not", other))


def add_and(graph: GraphBuilder, one: str | None, other: str | None) -> str | None:
    """Return the conjunction of two masks; None is false everywhere."""
    return None if one is None or other is None else graph.add("And", one, other)
