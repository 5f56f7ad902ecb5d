"""A graph under construction with the columns that its tensors hold, and the rows that it does not score."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sparkops.errors import ModelError
from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import FLOATING_TYPES


@dataclass(frozen=True, slots=True)
class ScalarTensor:
    """A column with one value per row.

    Args:
        tensor: Its tensor, (rows, 1).
        dtype: Type of the tensor: "double", "int64", "bool" or "string".
        spark_type: Spark's type of the column.
        null: Tensor (rows, 1), or (1, 1) for all rows, that is true where the value is null; None if it never is.
        has_nan: Whether a value may be NaN; if `null` is None, NaN may stand for null.
        limit: Exclusive upper limit of a column of whole numbers from 0; None if there is none.
    """

    tensor: str
    dtype: str
    spark_type: str
    null: str | None = None
    has_nan: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class VectorTensor:
    """A column with one vector per row.

    Args:
        tensor: Its tensor, (rows, size) doubles.
        size: Slots of a vector.
        null: Tensor (rows, 1), or (1, 1) for all rows, that is true where the vector is null; None if it never is.
        is_list: The column is a list of `size` vectors of one slot each.
    """

    tensor: str
    size: int
    null: str | None = None
    is_list: bool = False


Column = ScalarTensor | VectorTensor


@dataclass(slots=True)
class GraphContext:
    """A graph under construction, and its columns so far.

    Args:
        graph: The graph.
        any_input: An input, from which the graph takes the number of rows.
        columns: Columns by name.
        unscored: Tensors (rows, 1) or (1, 1) that are true where a row is refused or dropped.
        _shape: The tensor of the shape (rows, 1), once it is needed.
    """

    graph: GraphBuilder
    any_input: str
    columns: dict[str, Column] = field(default_factory=dict)
    unscored: list[str] = field(default_factory=list)
    _shape: str | None = None

    def get_scalar(self, step: Step, index: int = 0) -> ScalarTensor:
        """Return an input of a step that must be a scalar column."""
        column = self.columns.get(step.inputs[index])
        if not isinstance(column, ScalarTensor):
            raise ModelError(f"{step.stage}: column `{step.inputs[index]}` is not a single value.")
        return column

    def get_vector(self, step: Step, index: int = 0) -> VectorTensor:
        """Return an input of a step that must be a vector column."""
        column = self.columns.get(step.inputs[index])
        if not isinstance(column, VectorTensor) or column.is_list:
            raise ModelError(f"{step.stage}: column `{step.inputs[index]}` is not a vector.")
        return column

    def get_features(self, step: Step, index: int = 0) -> VectorTensor:
        """Return an input of a step that must be a vector column; rows where it is null are not scored."""
        column = self.get_vector(step, index)
        if column.null is not None:
            self.exclude(column.null)
        return column

    def exclude(self, condition: str) -> None:
        """Leave the rows unscored for which a condition is true."""
        if condition not in self.unscored:
            self.unscored.append(condition)

    def to_double(self, column: ScalarTensor) -> str:
        """Return a scalar column as doubles."""
        return column.tensor if column.dtype == "double" else self.graph.cast(column.tensor, "double")

    def expand_to_rows(self, tensor: str) -> str:
        """Return a (rows, 1) tensor from one that may be (1, 1)."""
        if self._shape is None:
            rows = self.graph.add("Shape", self.any_input, start=0, end=1)
            self._shape = self.graph.add("Concat", rows, np.array([1]), axis=0)
        return self.graph.add("Expand", tensor, self._shape)


def find_dtype(spark_type: str) -> str:
    """Return the type of the tensor that holds a column of a Spark type."""
    if spark_type in FLOATING_TYPES:
        return "double"
    return {"string": "string", "boolean": "bool"}.get(spark_type, "int64")
