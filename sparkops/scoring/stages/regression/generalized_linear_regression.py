"""GeneralizedLinearRegressionModel: the inverse link of a weighted sum, limited to the range of the family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import erf, sqrt
from sys import float_info

import numpy as np

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.row_errors import make_missing_refusal
from ...codegen.symbols import Scalar
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.field import NUMERIC_TYPES
from ...ir.validation import enum_param, float_array, require
from ...jvm.math import divide, exp, power
from ...kernels.linear_sums import build_margin_expr, sum_margins

FAMILIES = ("gaussian", "binomial", "positive")
LINKS = ("identity", "log", "inverse", "logit", "probit", "cloglog", "sqrt", "power")
_LEAST, _MOST = 1e-16, float_info.max
_SQRT_2 = sqrt(2.0)
Function = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class GeneralizedLinearRegression:
    """params: family (Poisson, gamma, Tweedie: "positive"), link, sparse; arrays: weights, intercept (1), power (1).

    inputs: features, and an offset if there is one; a null offset gives null. outputs: prediction, and the sum.
    """

    op: str = "glm"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the sum and one call of the inverse link."""
        weights, mean = float_array(step, "weights", None), code.bind_constant(_make_mean_function(step))
        intercept = float(float_array(step, "intercept", 1)[0])
        offset = _read_offset(step, code)
        source = code.get_vector(step.inputs[0], step.stage, len(weights))
        if source.null is not None:
            refuse = code.bind_constant(make_missing_refusal(source.field or step.inputs[0], step.stage))
            is_null = (
                f"{source.null} and {offset.expr} is not None" if offset and offset.null else source.null
            )
            code.add_line(f"if {is_null}: {refuse}(None)")
        eta = build_margin_expr(source, weights, intercept, code, sparse=bool(step.params["sparse"]))
        if offset is not None:
            eta = f"{eta} + {offset.expr}"
            eta = f"None if {offset.expr} is None else {eta}" if offset.null else eta
        eta, null = code.assign(eta), offset is not None and offset.null
        mu = code.assign(f"None if {eta} is None else {mean}({eta})" if null else f"{mean}({eta})")
        for name, value in zip(step.outputs, (mu, eta), strict=True):
            if name:
                code.columns[name] = Scalar(value, "double", null=null, nan=True)

    def run(self, step: Step, frame: Frame) -> None:
        """Predict every row."""
        source = frame.get_vectors(step.inputs[0])
        offset = frame.get_scalars(step.inputs[1]) if len(step.inputs) > 1 else None
        null = None if offset is None else offset.null
        if source.null is not None:
            frame.refuse(source.null if null is None else source.null & ~null)
        intercept, sparse = float(step.arrays["intercept"][0]), bool(step.params["sparse"])
        with np.errstate(all="ignore"):
            eta = sum_margins(source, step.arrays["weights"], intercept, frame.size, sparse=sparse)
            if offset is not None:
                eta = eta + offset.values
            mu = _compute_means(step, eta)
        for name, values in zip(step.outputs, (mu, eta), strict=True):
            if name:
                frame.columns[name] = ScalarColumn(values, null)


def _read_offset(step: Step, code: CodeWriter) -> Scalar | None:
    require(step, good=len(step.inputs) in (1, 2))
    if len(step.inputs) == 1:
        return None
    offset = code.assign_scalar(code.get_scalar(step.inputs[1], step.stage))
    require(step, good=offset.type in NUMERIC_TYPES)
    return offset


def _make_mean_function(step: Step) -> Function:
    """Return the function from the sum to the mean."""
    inverse_link, limit = _choose_inverse_link(step), _LIMITS[enum_param(step, "family", FAMILIES)]
    return partial(_compute_limited_mean, inverse_link, limit)


def _compute_limited_mean(inverse_link: Function, limit: Function, eta: float) -> float:
    return limit(inverse_link(eta))


def _choose_inverse_link(step: Step) -> Function:
    link = enum_param(step, "link", LINKS)
    if link == "power":
        return partial(_compute_power_mean, float(float_array(step, "power", 1)[0]))
    return _INVERSE_LINKS[link]


def _compute_power_mean(exponent: float, eta: float) -> float:
    return power(eta, exponent)


def _invert_logit(eta: float) -> float:
    return 1.0 / (1.0 + exp(-eta))


def _invert_probit(eta: float) -> float:
    return 0.5 * (1.0 + erf(eta / _SQRT_2))


def _invert_cloglog(eta: float) -> float:
    return 1.0 - exp(-exp(eta))


_INVERSE_LINKS: dict[str, Function] = {
    "identity": float,
    "log": exp,
    "inverse": partial(divide, 1.0),
    "logit": _invert_logit,
    "probit": _invert_probit,
    "cloglog": _invert_cloglog,
    "sqrt": lambda eta: eta * eta,
}


def _limit_finite(mu: float) -> float:
    return min(max(mu, -_MOST), _MOST) if mu == mu else mu  # noqa: PLR0124


def _limit_probability(mu: float) -> float:
    return min(max(mu, _LEAST), 1.0 - _LEAST) if mu == mu else mu  # noqa: PLR0124


def _limit_positive(mu: float) -> float:
    return min(max(mu, _LEAST), _MOST) if mu == mu else mu  # noqa: PLR0124


_LIMITS: dict[str, Function] = {
    "gaussian": _limit_finite,
    "binomial": _limit_probability,
    "positive": _limit_positive,
}


def _compute_means(step: Step, eta: Numbers) -> Numbers:
    """Return the means of many sums."""
    link, family = step.params["link"], step.params["family"]
    # NumPy has no erf, and its exp differs in the last digit, which 1 - exp shows near 0.
    if link in ("probit", "cloglog"):
        mean = _make_mean_function(step)
        return np.fromiter(map(mean, eta.tolist()), dtype=np.float64, count=len(eta))
    if link == "identity":
        mu = eta
    elif link == "log":
        mu = np.exp(eta)
    elif link == "inverse":
        mu = 1.0 / eta
    elif link == "logit":
        mu = 1.0 / (1.0 + np.exp(-eta))
    elif link == "sqrt":
        mu = eta * eta
    else:
        mu = np.power(eta, step.arrays["power"][0])
    least = {"gaussian": -_MOST}.get(family, _LEAST)
    return np.clip(mu, least, 1.0 - _LEAST if family == "binomial" else _MOST)
