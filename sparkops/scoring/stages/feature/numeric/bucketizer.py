"""Bucketizer: a number to the index of its bucket."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import copysign

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_missing_refusal, make_value_refusal
from ....codegen.symbols import Scalar
from ....ir.arrays import Numbers
from ....ir.description import Step


@dataclass(frozen=True, slots=True)
class Bucketizer:
    """params: invalid; arrays: splits.

    The last bucket is closed on the right. Null stays null, unless `skip` drops the row.
    """

    op: str = "bucketize"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one search in the splits."""
        source = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
        invalid, splits = step.params["invalid"], step.arrays["splits"].tolist()
        name, value = source.field or step.inputs[0], source.expr
        missing = code.bind_constant(make_missing_refusal(name, step.stage, drop=invalid == "skip"))
        if invalid == "skip" and source.null:
            code.add_line(f"if {value} is None: {missing}({value})")
        if invalid != "keep" and source.nan:
            code.add_line(f"if {value} != {value}: {missing}({value})")
        refuse = make_value_refusal(
            name, step.stage, f"is outside the buckets {splits[0]!r} to {splits[-1]!r}"
        )
        find_bucket = code.bind_constant(partial(_find_bucket, tuple(splits), refuse=refuse))
        null = source.null and invalid != "skip"
        guard = f" if {value} is not None else None" if null else ""
        code.add_boundaries(source, splits)
        limit = len(splits) - 1 + (invalid == "keep")
        code.columns[step.outputs[0]] = Scalar(
            code.assign(f"{find_bucket}({value}){guard}"),
            "double",
            null,
            limit=limit,
            field=source.field,
            scale=0.0,
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Search the splits for every row."""
        source = frame.get_scalars(step.inputs[0])
        splits, invalid = step.arrays["splits"], step.params["invalid"]
        values = source.values.astype(np.float64)
        null = np.zeros(frame.size, dtype=bool) if source.null is None else source.null
        nan = np.isnan(values) & ~null
        if invalid == "skip":
            frame.drop(nan | null)
        if invalid == "error":
            frame.refuse(nan)
        index = _find_buckets(splits, values)
        frame.refuse(((index < 0) | (index >= len(splits) - 1)) & ~nan & ~null)
        index[nan | null] = len(splits) - 1
        result_null = source.null if invalid != "skip" else None
        frame.columns[step.outputs[0]] = ScalarColumn(index, result_null)


def _find_bucket(splits: tuple[float, ...], value: float, *, refuse: Callable[[float], object]) -> int:
    last = len(splits) - 1
    if value != value:  # noqa: PLR0124
        return last
    if value == splits[last]:
        return last - 1
    index = bisect_right(splits, value) - 1
    # Java's binary search orders -0.0 before 0.0.
    if value == 0.0 and copysign(1.0, value) < 0.0 and splits[index] == 0.0 < copysign(1.0, splits[index]):
        index -= 1
    if not 0 <= index < last:
        refuse(value)
    return index


def _find_buckets(splits: Numbers, values: Numbers) -> Numbers:
    last = len(splits) - 1
    index = np.searchsorted(splits, values, side="right") - 1
    wrong = (values == 0.0) & np.signbit(values) & (splits[np.clip(index, 0, last)] == 0.0)
    wrong &= ~np.signbit(splits[np.clip(index, 0, last)])
    index = np.where(wrong, index - 1, index)
    return np.where(values == splits[last], last - 1, index)
