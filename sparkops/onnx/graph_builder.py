"""Build an ONNX graph: nodes, constants, inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

# The first versions with TreeEnsemble of doubles and with ReduceMax of booleans.
OPSET, ML_OPSET, IR_VERSION = 20, 5, 10
ML = "ai.onnx.ml"
DTYPES: dict[str, type] = {"double": np.float64, "int64": np.int64, "bool": np.bool_, "float": np.float32}
Operand = str | float | np.ndarray[Any, Any]
"""A tensor of the graph by name, or a constant: a number or an array."""


class GraphBuilder:
    """Nodes in order, and each constant once.

    Args:
        reserved: Names of inputs and outputs, which no inner tensor may have.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        # Inner tensors are called ~0, ~1, ..., with more tildes than any reserved name begins with.
        tildes = [len(name) - len(name.lstrip("~")) for name in reserved]
        self._prefix = "~" * (1 + max(tildes, default=0))
        self._nodes: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._constants: dict[tuple[Any, ...], Any] = {}
        self._defaults: list[Any] = []

    def add(self, op: str, *inputs: Operand, domain: str = "", **attributes: Any) -> str:
        """Add one node and return the name of its only output.

        Args:
            op: Operator.
            inputs: Tensors, or constants: a float is a double; an int or a bool is what NumPy makes of it.
            domain: Domain of the operator.
            attributes: Its attributes.
        """
        from onnx import helper

        names = [operand if isinstance(operand, str) else self.add_constant(operand) for operand in inputs]
        output = f"{self._prefix}{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, names, [output], domain=domain, **attributes))
        return output

    def add_constant(self, value: float | np.ndarray[Any, Any]) -> str:
        """Return the name of a constant."""
        from onnx import numpy_helper

        array = np.asarray(value, order="C")
        array = array.astype(np.int64) if array.dtype.kind == "i" else array
        content = tuple(array.ravel().tolist()) if array.dtype == object else array.tobytes()
        key = (array.dtype.str, array.shape, content)
        if key not in self._constants:
            name = f"{self._prefix}c{len(self._constants)}"
            self._constants[key] = numpy_helper.from_array(array, name)
        return str(self._constants[key].name)

    def cast(self, tensor: str, dtype: str) -> str:
        """Return a tensor as "double", "int64", "bool" or "float"; doubles are truncated to integers."""
        return self.add("Cast", tensor, to=to_onnx_type(dtype))

    def gather(self, tensor: str, slots: Sequence[int] | np.ndarray[Any, Any]) -> str:
        """Return some columns of a (rows, size) tensor."""
        return self.add("Gather", tensor, np.asarray(slots, dtype=np.int64), axis=1)

    def concat(self, tensors: Sequence[str]) -> str:
        """Return (rows, size) tensors side by side."""
        return tensors[0] if len(tensors) == 1 else self.add("Concat", *tensors, axis=1)

    def reduce_any(self, tensor: str, axis: int = 1) -> str:
        """Return whether any element along an axis is true; the axis stays, of length 1."""
        return self.add("ReduceMax", tensor, np.array([axis]), keepdims=1)

    def any_of(self, tensors: Sequence[str]) -> str:
        """Return the element-wise or of several booleans."""
        result = tensors[0]
        for tensor in tensors[1:]:
            result = self.add("Or", result, tensor)
        return result

    def select(self, condition: str, if_true: Operand, if_false: Operand, dtype: str) -> str:
        """Return one of two values by a condition; ONNX Runtime has no Where of booleans."""
        if dtype != "bool":
            return self.add("Where", condition, if_true, if_false)
        other = self.add("And", self.add("Not", condition), if_false)
        return self.add("Or", self.add("And", condition, if_true), other)

    def reduce_sum(self, tensor: str, axis: int = 1, *, keep: bool = True) -> str:
        """Return the sum along an axis."""
        return self.add("ReduceSum", tensor, np.array([axis]), keepdims=int(keep))

    def gemm(self, tensor: str, rows: np.ndarray[Any, Any], bias: np.ndarray[Any, Any] | None = None) -> str:
        """Return tensor @ rows.T + bias.

        ONNX Runtime fuses a multiplication into a MatMul in single precision, but not into a Gemm.

        Args:
            tensor: (rows, size).
            rows: (results, size).
            bias: (results,).
        """
        table = np.ascontiguousarray(rows.T, dtype=np.float64)
        return self.add("Gemm", tensor, table, *([] if bias is None else [bias.astype(np.float64)]))

    def add_input(self, name: str, dtype: str, size: int | None, *, doc: str, default: Any = None) -> None:
        """Add an input of (rows, size); one with a default may be left out.

        Args:
            name: Its name.
            dtype: "double", "int64", "bool" or "string".
            size: Elements of a row.
            doc: What it holds.
            default: Its value if it is left out.
        """
        from onnx import helper, numpy_helper

        self._inputs.append(helper.make_tensor_value_info(name, to_onnx_type(dtype), ["N", size], doc))
        if default is not None:
            self._defaults.append(numpy_helper.from_array(np.full((1, size or 1), default), name))

    def add_output(self, name: str, tensor: str, dtype: str, shape: Sequence[int | str], *, doc: str) -> None:
        """Add an output."""
        from onnx import helper

        self._nodes.append(helper.make_node("Identity", [tensor], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, to_onnx_type(dtype), list(shape), doc))

    def build(self, name: str, metadata: dict[str, str]) -> Any:
        """Return the graph as an `onnx.ModelProto`, checked by onnx.

        Args:
            name: Name of the graph.
            metadata: Properties of the model.
        """
        from onnx import checker, helper

        constants = [*self._defaults, *self._constants.values()]
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, initializer=constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="sparkops"
        )
        helper.set_model_props(model, metadata)
        checker.check_model(model)
        return model


def to_onnx_type(dtype: str) -> int:
    """Return the ONNX enum value of a tensor's type."""
    from onnx import TensorProto

    types = {
        "double": TensorProto.DOUBLE,
        "int64": TensorProto.INT64,
        "bool": TensorProto.BOOL,
        "string": TensorProto.STRING,
        "float": TensorProto.FLOAT,
    }
    return int(types[dtype])
