"""NaiveBayesModel: multinomial, complement, Bernoulli and Gaussian."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, inf, isfinite, log, nan

import numpy as np

from ...batch.columns import Frame
from ...codegen.code_writer import CodeWriter
from ...codegen.row_errors import make_value_refusal
from ...codegen.symbols import Vector, list_slots
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import enum_param, float_array, int_param, require
from ...kernels import class_decision
from ...kernels.linear_sums import build_margin_expr, sum_margins
from ...kernels.sums import sum_in_order

MODEL_TYPES = ("multinomial", "complement", "bernoulli", "gaussian")
_MAX_UNROLLED = 64


@dataclass(frozen=True, slots=True)
class NaiveBayes:
    """One sum of log-likelihoods for each class.

    params: kind, classes; arrays: prior (classes), theta (classes, features), thresholds. Gaussian: theta holds
    means, sigma (classes, features) variances, widths (classes) the sums of their logarithms.
    """

    op: str = "naive_bayes"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the check of the features, the sums and the class."""
        model_type = enum_param(step, "kind", MODEL_TYPES)
        prior, theta = _read_arrays(step)
        source = code.get_features(step.inputs[0], step.stage, theta.shape[1])
        if model_type == "gaussian":
            row = code.assign_dense(source)
            raw = code.assign(f"{code.bind_constant(partial(_score_gaussian, _read_classes(step)))}({row})")
        else:
            source = _emit_check(step, source, code, binary=model_type == "bernoulli")
            sums = [
                build_margin_expr(source, *pair, code, sparse=False)
                for pair in zip(theta, prior.tolist(), strict=True)
            ]
            raw = code.assign(f"[{', '.join(sums)}]")
        if model_type == "complement":
            raw = code.assign(f"{code.bind_constant(_subtract_log_sum_exp)}({raw})")
        class_decision.emit_classification(
            step, code, raw, code.assign(f"{code.bind_constant(class_decision.softmax)}({raw})")
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Classify every row."""
        source, model_type = frame.get_features(step.inputs[0]), step.params["kind"]
        prior, theta = _read_arrays(step)
        with np.errstate(all="ignore"):
            if model_type == "gaussian":
                raw = _score_gaussian_rows(step, source.to_dense())
            else:
                frame.refuse(_find_invalid_counts(source.to_dense(), binary=model_type == "bernoulli"))
                pairs = zip(theta, prior.tolist(), strict=True)
                raw = np.column_stack(
                    [sum_margins(source, *pair, frame.size, sparse=False) for pair in pairs]
                )
            if model_type == "complement":
                highest = raw.max(axis=1, keepdims=True)
                raw -= np.log(np.exp(raw - highest).sum(axis=1, keepdims=True)) + highest
            class_decision.run_classification(step, frame, raw, class_decision.softmax_rows(raw))


def _read_arrays(step: Step) -> tuple[Numbers, Numbers]:
    classes = int_param(step, "classes", low=1)
    theta = float_array(step, "theta", classes, None)
    if step.params["kind"] == "gaussian":
        float_array(step, "sigma", *theta.shape)
        float_array(step, "widths", classes)
    if "thresholds" in step.arrays:
        float_array(step, "thresholds", classes)
    require(step, good=theta.size > 0)
    return float_array(step, "prior", classes), theta


def _emit_check(step: Step, source: Vector, code: CodeWriter, *, binary: bool) -> Vector:
    """Emit the check of the features; return the vector in a form that is cheap to read again."""
    text = "is not 0 or 1" if binary else "is negative or NaN"
    refuse = code.bind_constant(make_value_refusal(source.field or step.inputs[0], step.stage, text))
    if source.sparse or source.size > _MAX_UNROLLED:
        values = f"{code.assign_sparse(source)}.values()"
        test = "value != 1.0 and value" if binary else "not value >= 0.0"
        code.add_line(f"for value in {values}:")
        code.add_line(f"    if {test}: {refuse}(value)")
        return source
    source = Vector(tuple(code.make_repeatable(block) for block in source.blocks), None, source.field)
    for value in list_slots(source):
        test = f"{value.expr} != 1.0 and {value.expr}" if binary else f"not {value.expr} >= 0.0"
        code.add_line(f"if {test}: {refuse}({value.expr})")
    return source


def _find_invalid_counts(table: Numbers, *, binary: bool) -> Numbers:
    invalid = (table != 1.0) & (table != 0.0) if binary else ~(table >= 0.0)
    return np.asarray(invalid.any(axis=1))


Class = tuple[float, float, list[tuple[float, float]]]


def _read_classes(step: Step) -> list[Class]:
    """Return the prior of each class, the sum of its logarithms, and mean and variance of its features."""
    theta, sigma = (step.arrays[name].tolist() for name in ("theta", "sigma"))
    pairs = [list(zip(means, variances, strict=True)) for means, variances in zip(theta, sigma, strict=True)]
    return list(zip(step.arrays["prior"].tolist(), step.arrays["widths"].tolist(), pairs, strict=True))


def _score_gaussian(classes: Sequence[Class], row: Sequence[float]) -> list[float]:
    """Return the scores, added feature by feature: far from the means the order of the sum changes the probability."""
    raw = []
    for prior, log_variances, pairs in classes:
        total = 0.0
        for value, (mean, variance) in zip(row, pairs, strict=True):
            deviation = value - mean
            total += deviation * deviation / variance if variance else deviation * deviation * inf
        raw.append(prior - (total + log_variances) / 2.0)
    return raw


def _score_gaussian_rows(step: Step, table: Numbers) -> Numbers:
    raw = np.empty((len(table), len(step.arrays["prior"])))
    for label, (prior, log_variances, pairs) in enumerate(_read_classes(step)):
        total = np.zeros(len(table))
        for feature, (mean, variance) in enumerate(pairs):
            deviation = table[:, feature] - mean
            total += deviation * deviation / variance if variance else deviation * deviation * inf
        raw[:, label] = prior - (total + log_variances) / 2.0
    return raw


def _subtract_log_sum_exp(raw: Sequence[float]) -> list[float]:
    """Return the scores minus their log-sum-exp."""
    highest = max(raw)
    if not isfinite(highest):
        return [nan for _ in raw]
    total = log(sum_in_order([exp(value - highest) for value in raw])) + highest
    return [value - total for value in raw]
