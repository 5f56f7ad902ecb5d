"""ImputerModel: null and missing values to their surrogate."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import INTEGER_RANGES


def convert_imputer(step: Step, context: GraphContext) -> None:
    """Add one choice between the value and the surrogate, in the column's own type."""
    graph, source = context.graph, context.get_scalar(step)
    missing = float(step.arrays["missing"][0])
    conditions = [source.null] if source.null is not None else []
    if np.isnan(missing):
        conditions += [graph.add("IsNaN", source.tensor)] if source.dtype == "double" else []
    else:
        conditions.append(graph.add("Equal", context.to_double(source), missing))
    tensor = source.tensor
    if conditions:
        surrogate = _read_surrogate(step, source.spark_type)
        tensor = graph.add("Where", graph.any_of(conditions), surrogate, tensor)
    context.columns[step.outputs[0]] = ScalarTensor(
        tensor, source.dtype, source.spark_type, has_nan=source.dtype == "double"
    )


def _read_surrogate(step: Step, spark_type: str) -> np.ndarray[tuple[()], np.dtype[np.float64 | np.int64]]:
    value = float(step.arrays["surrogate"][0])
    if spark_type in INTEGER_RANGES:
        return np.array(int(value))
    return np.array(float(np.float32(value)) if spark_type == "float" else value)
