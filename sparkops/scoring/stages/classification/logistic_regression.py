"""LogisticRegressionModel, binomial and multinomial."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp as _exp
from math import inf, log

import numpy as np

from ...batch.columns import Frame, VectorColumn
from ...codegen.code_writer import CodeWriter, format_float
from ...codegen.symbols import Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import MAX_CLASSES, float_array, int_param, require
from ...kernels import class_decision
from ...kernels.linear_sums import build_margin_expr, emit_margins, prefers_matrix_product, sum_margins


@dataclass(frozen=True, slots=True)
class LogisticRegression:
    """params: multinomial, classes, sparse; arrays: weights (rows, features), intercepts, threshold or thresholds."""

    op: str = "logistic"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the margins, the probabilities and the class."""
        weights = float_array(step, "weights", None, None)
        classes = int_param(step, "classes", high=MAX_CLASSES)
        require(step, good=classes == (len(weights) if step.params["multinomial"] else 2))
        float_array(step, "intercepts", len(weights))
        source = code.get_features(step.inputs[0], step.stage, weights.shape[1])
        if step.params["multinomial"]:
            raw = _emit_raw(step, source, code)
            class_decision.emit_classification(
                step, code, raw, code.assign(f"{code.bind_constant(class_decision.softmax)}({raw})")
            )
            return
        margin = code.assign(_build_margin_exprs(step, source, code)[0])
        exp = code.bind_constant(_exp)
        first = code.assign(
            f"1.0 / (1.0 + {exp}({margin})) if {margin} < 709.0 else "
            f"{code.bind_constant(class_decision.sigmoid)}(-{margin})"
        )
        raw = code.assign(f"(-{margin}, {margin})")
        probability = code.assign(f"({first}, 1.0 - {first})")
        threshold = float(step.arrays["threshold"][0])
        on_raw = step.outputs[2] or not step.outputs[1]
        condition = (
            f"{margin} > {format_float(_to_margin(threshold))}"
            if on_raw
            else f"{probability}[1] > {format_float(threshold)}"
        )
        class_decision.bind_names(step, code, code.assign(f"1.0 if {condition} else 0.0"), raw, probability)

    def run(self, step: Step, frame: Frame) -> None:
        """Classify every row."""
        source = frame.get_features(step.inputs[0])
        raw = _compute_margins(step, source, frame.size)
        if step.params["multinomial"]:
            class_decision.run_classification(step, frame, raw, class_decision.softmax_rows(raw))
            return
        margin = raw[:, 0]
        first = class_decision.sigmoid_rows(-margin)
        probability = np.column_stack([first, 1.0 - first])
        threshold = float(step.arrays["threshold"][0])
        on_raw = step.outputs[2] or not step.outputs[1]
        is_second = margin > _to_margin(threshold) if on_raw else probability[:, 1] > threshold
        class_decision.bind_columns(
            step, frame, is_second.astype(np.float64), np.column_stack([-margin, margin]), probability
        )


def _to_margin(threshold: float) -> float:
    """Return the margin whose probability is the threshold."""
    if threshold in (0.0, 1.0):
        return inf if threshold else -inf
    return log(threshold / (1.0 - threshold))


def _emit_raw(step: Step, source: Vector, code: CodeWriter) -> str:
    """Emit all margins; return the name of their list."""
    weights, intercepts = step.arrays["weights"], step.arrays["intercepts"]
    if prefers_matrix_product(source, weights, sparse=bool(step.params["sparse"])):
        return emit_margins(source, weights, intercepts, code)
    return code.assign(f"[{', '.join(_build_margin_exprs(step, source, code))}]")


def _build_margin_exprs(step: Step, source: Vector, code: CodeWriter) -> list[str]:
    pairs = zip(step.arrays["weights"], step.arrays["intercepts"].tolist(), strict=True)
    sparse = bool(step.params["sparse"])
    vector = (
        Vector(tuple(code.make_repeatable(block) for block in source.blocks))
        if step.params["multinomial"]
        else source
    )
    return [
        build_margin_expr(vector, weights, intercept, code, sparse=sparse) for weights, intercept in pairs
    ]


def _compute_margins(step: Step, source: VectorColumn, rows: int) -> Numbers:
    pairs = zip(step.arrays["weights"], step.arrays["intercepts"].tolist(), strict=True)
    sparse = bool(step.params["sparse"])
    return np.column_stack([sum_margins(source, *pair, rows, sparse=sparse) for pair in pairs])
