"""Columns while a graph is written: tensors with what is known of them, and the rows that have no answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sparkops.errors import ModelError
from sparkops.onnx.graph_builder import Graph
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import REALS


@dataclass(frozen=True, slots=True)
class One:
    """One value for each row.

    Args:
        name: Tensor (rows, 1).
        kind: Kind of the tensor: "double", "int64", "bool", "string".
        type: Spark's type of the column.
        null: Tensor (rows, 1), or (1, 1) for every row, that is true where the value is null; None when it never is.
        nan: Whether it may be NaN; where `null` is None, NaN may stand for null.
        limit: It is a whole number from 0 to below this; None when not known.
    """

    name: str
    kind: str
    type: str
    null: str | None = None
    nan: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Many:
    """A vector for each row.

    Args:
        name: Tensor (rows, size) of doubles.
        size: Slots.
        null: As of `One`, of the whole vector.
        listed: It is a list of vectors of one number each.
    """

    name: str
    size: int
    null: str | None = None
    listed: bool = False


Column = One | Many


@dataclass(slots=True)
class Work:
    """A graph while it is written, and its columns so far.

    Args:
        graph: The graph.
        first: An input, of as many rows as all are.
        columns: Columns by name.
        unscored: Tensors (rows, 1) or (1, 1) that are true where a row is refused or dropped.
    """

    graph: Graph
    first: str
    columns: dict[str, Column] = field(default_factory=dict)
    unscored: list[str] = field(default_factory=list)
    _shape: list[str] = field(default_factory=list)

    def one(self, step: Step, at: int = 0) -> One:
        """Return a column of single values that a step reads."""
        found = self.columns.get(step.inputs[at])
        if not isinstance(found, One):
            raise ModelError(f"{step.stage}: column `{step.inputs[at]}` is no single value.")
        return found

    def many(self, step: Step, at: int = 0) -> Many:
        """Return a column of vectors that a step reads."""
        found = self.columns.get(step.inputs[at])
        if not isinstance(found, Many) or found.listed:
            raise ModelError(f"{step.stage}: column `{step.inputs[at]}` is no vector.")
        return found

    def features(self, step: Step, at: int = 0) -> Many:
        """Return a column of vectors that a step reads; rows where it is null have no answer."""
        found = self.many(step, at)
        if found.null is not None:
            self.leave(found.null)
        return found

    def leave(self, where: str) -> None:
        """Give no answer to some rows."""
        if where not in self.unscored:
            self.unscored.append(where)

    def double(self, column: One) -> str:
        """Return single values as doubles."""
        return column.name if column.kind == "double" else self.graph.cast(column.name, "double")

    def of_all_rows(self, name: str) -> str:
        """Return a tensor (rows, 1) of one that may be (1, 1)."""
        if not self._shape:
            rows = self.graph.add("Shape", self.first, start=0, end=1)
            self._shape.append(self.graph.add("Concat", rows, np.array([1]), axis=0))
        return self.graph.add("Expand", name, self._shape[0])


def kind_of(spark: str) -> str:
    """Return the kind of tensor that holds a type of Spark."""
    if spark in REALS:
        return "double"
    return {"string": "string", "boolean": "bool"}.get(spark, "int64")
