"""A graph while it is written: nodes, constants, what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

# The first of onnx's versions with trees of doubles, and with the largest of booleans.
OPSET, ML_OPSET, IR_VERSION = 20, 5, 10
ML = "ai.onnx.ml"
KINDS: dict[str, type] = {"double": np.float64, "int64": np.int64, "bool": np.bool_, "float": np.float32}
Value = str | float | np.ndarray[Any, Any]
"""A tensor of the graph by name, or a constant: a number or an array."""


class Graph:
    """Nodes in order; constants are kept once each.

    Args:
        taken: Names that only an input or an output may have.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        # what is made here is called ~0, ~1, ...: with as many tildes as no other name begins with
        tildes = [len(name) - len(name.lstrip("~")) for name in taken]
        self._own = "~" * (1 + max(tildes, default=0))
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.constants: dict[tuple[Any, ...], Any] = {}
        self.defaults: list[Any] = []

    def add(self, op: str, *inputs: Value, domain: str = "", **attributes: Any) -> str:
        """Add one node and return the name of its only output.

        Args:
            op: Name of the operator.
            inputs: Tensors, or constants: a float is a double, an int and a bool are what NumPy makes of them.
            domain: Home of the operator.
            attributes: Its attributes.
        """
        from onnx import helper

        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        made = f"{self._own}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, names, [made], domain=domain, **attributes))
        return made

    def constant(self, value: float | np.ndarray[Any, Any]) -> str:
        """Return the name of a constant."""
        from onnx import numpy_helper

        array = np.asarray(value, order="C")
        array = array.astype(np.int64) if array.dtype.kind == "i" else array
        content = tuple(array.ravel().tolist()) if array.dtype == object else array.tobytes()
        key = (array.dtype.str, array.shape, content)
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(array, f"{self._own}c{len(self.constants)}")
        return str(self.constants[key].name)

    def cast(self, name: str, kind: str) -> str:
        """Return a tensor in another kind: "double", "int64", "bool", "float"; doubles are cut towards 0."""
        return self.add("Cast", name, to=element(kind))

    def take(self, name: str, slots: Sequence[int] | np.ndarray[Any, Any]) -> str:
        """Return some columns of a (rows, size) tensor."""
        return self.add("Gather", name, np.asarray(slots, dtype=np.int64), axis=1)

    def joined(self, names: Sequence[str]) -> str:
        """Return (rows, size) tensors side by side."""
        return names[0] if len(names) == 1 else self.add("Concat", *names, axis=1)

    def any(self, name: str, axis: int = 1) -> str:
        """Return whether any of an axis is true; the axis stays, of length 1."""
        return self.add("ReduceMax", name, np.array([axis]), keepdims=1)

    def either(self, names: Sequence[str]) -> str:
        """Return whether any of several booleans is true."""
        whole = names[0]
        for name in names[1:]:
            whole = self.add("Or", whole, name)
        return whole

    def pick(self, test: str, yes: Value, no: Value, kind: str) -> str:
        """Return one of two values of a kind by a test; ONNX Runtime has no Where of booleans."""
        if kind != "bool":
            return self.add("Where", test, yes, no)
        other = self.add("And", self.add("Not", test), no)
        return self.add("Or", self.add("And", test, yes), other)

    def sum(self, name: str, axis: int = 1, *, keep: bool = True) -> str:
        """Return the sum of an axis."""
        return self.add("ReduceSum", name, np.array([axis]), keepdims=int(keep))

    def product(self, name: str, rows: np.ndarray[Any, Any], more: np.ndarray[Any, Any] | None = None) -> str:
        """Return the product of a (rows, size) tensor with each of some rows of numbers, and something added to each.

        It is a Gemm: ONNX Runtime puts a number that a MatMul is multiplied with into it, in single precision.
        """
        table = np.ascontiguousarray(rows.T, dtype=np.float64)
        return self.add("Gemm", name, table, *([] if more is None else [more.astype(np.float64)]))

    def take_in(self, name: str, kind: str, size: int | None, *, note: str, default: Any = None) -> None:
        """Name an input of one row a record; with a default it may be left out.

        Args:
            name: Its name.
            kind: "double", "int64", "bool" or "string".
            size: Numbers a row.
            note: What it holds, for a reader of the graph.
            default: What it is where it is left out.
        """
        from onnx import helper, numpy_helper

        self.inputs.append(helper.make_tensor_value_info(name, element(kind), ["N", size], note))
        if default is not None:
            self.defaults.append(numpy_helper.from_array(np.full((1, size or 1), default), name))

    def give(self, name: str, tensor: str, kind: str, shape: Sequence[int | str], *, note: str) -> None:
        """Name an output."""
        from onnx import helper

        self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, element(kind), list(shape), note))

    def model(self, title: str, told: dict[str, str]) -> Any:
        """Return the whole as onnx's own model, checked by onnx.

        Args:
            title: Name of the graph.
            told: What is written beside it.
        """
        from onnx import checker, helper

        constants = [*self.defaults, *self.constants.values()]
        graph = helper.make_graph(self.nodes, title, self.inputs, self.outputs, initializer=constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="sparkops")
        helper.set_model_props(made, told)
        checker.check_model(made)
        return made


def element(kind: str) -> int:
    """Return onnx's number of a kind of tensor."""
    from onnx import TensorProto

    kinds = {
        "double": TensorProto.DOUBLE,
        "int64": TensorProto.INT64,
        "bool": TensorProto.BOOL,
        "string": TensorProto.STRING,
        "float": TensorProto.FLOAT,
    }
    return int(kinds[kind])
