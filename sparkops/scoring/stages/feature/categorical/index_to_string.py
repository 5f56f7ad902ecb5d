"""IndexToString: an index to its label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_value_refusal
from ....codegen.symbols import Scalar
from ....ir.description import Step


@dataclass(frozen=True, slots=True)
class IndexToString:
    """params: labels. An index without a label, null or NaN refuses the row."""

    op: str = "index_to_string"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one look-up."""
        source = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
        labels = tuple(step.params["labels"])
        refuse = make_value_refusal(
            source.field or step.inputs[0], step.stage, f"has no label among {len(labels)}"
        )
        look_up = code.bind_constant(partial(_find_label, labels, refuse=refuse))
        code.columns[step.outputs[0]] = Scalar(
            code.assign(f"{look_up}({source.expr})"), "string", field=source.field
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Look up the index of every row."""
        source = frame.get_scalars(step.inputs[0])
        labels = np.array([*step.params["labels"], None], dtype=object)
        values = source.values.astype(np.float64)
        valid = (values > -1.0) & (values < len(labels) - 1) & ~source.find_missing()
        frame.refuse(~valid)
        index = np.where(valid, np.where(valid, values, 0.0).astype(np.int64), len(labels) - 1)
        frame.columns[step.outputs[0]] = ScalarColumn(labels[index])


def _find_label(labels: tuple[str, ...], value: float | None, *, refuse: Callable[[object], object]) -> str:
    if value is None or not -1.0 < value < len(labels):
        refuse(value)
        raise AssertionError
    return labels[int(value)]
