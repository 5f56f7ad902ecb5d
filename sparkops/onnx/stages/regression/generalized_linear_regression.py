"""GeneralizedLinearRegressionModel: the inverse link of a weighted sum, limited to the range of the family."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from sys import float_info

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext, ScalarTensor
from sparkops.onnx.kernels.erf import add_erf
from sparkops.onnx.kernels.linear_sums import add_logistic, add_margins
from sparkops.scoring.ir.description import Step

# Spark's limits of a mean that must be positive, and of every mean.
_LEAST, _MOST = 1e-16, float_info.max


def convert_generalized_linear_regression(step: Step, context: GraphContext) -> None:
    """Add the sum, the inverse link and the limits. A null offset gives null, whether the vector is null or not."""
    graph, source = context.graph, context.get_vector(step)
    offset = context.get_scalar(step, 1) if len(step.inputs) > 1 else None
    null = None if offset is None else offset.null
    if source.null is not None:
        context.exclude(
            source.null if null is None else graph.add("And", source.null, graph.add("Not", null))
        )
    weights, intercept = step.arrays["weights"][None, :], step.arrays["intercept"]
    eta = add_margins(graph, source, weights, intercept, sparse=bool(step.params["sparse"]))
    if offset is not None:
        eta = graph.add("Add", eta, context.to_double(offset))
    mean = _add_limits(graph, str(step.params["family"]), _add_inverse_link(graph, step, eta))
    for name, value in zip(step.outputs, (mean, eta), strict=True):
        if name:
            context.columns[name] = ScalarTensor(value, "double", "double", null=null, has_nan=True)


def _add_inverse_link(graph: GraphBuilder, step: Step, eta: str) -> str:
    link = str(step.params["link"])
    if link == "power":
        return graph.add("Pow", eta, float(step.arrays["power"][0]))
    return _INVERSE_LINKS[link](graph, eta)


def _add_inverse_cloglog(graph: GraphBuilder, eta: str) -> str:
    return graph.add("Sub", 1.0, graph.add("Exp", graph.add("Neg", graph.add("Exp", eta))))


def _add_inverse_probit(graph: GraphBuilder, eta: str) -> str:
    return graph.add("Mul", graph.add("Add", add_erf(graph, graph.add("Div", eta, sqrt(2.0))), 1.0), 0.5)


_INVERSE_LINKS: dict[str, Callable[[GraphBuilder, str], str]] = {
    "identity": lambda _, eta: eta,
    "log": lambda graph, eta: graph.add("Exp", eta),
    "inverse": lambda graph, eta: graph.add("Reciprocal", eta),
    "logit": add_logistic,
    "probit": _add_inverse_probit,
    "cloglog": _add_inverse_cloglog,
    "sqrt": lambda graph, eta: graph.add("Mul", eta, eta),
}


def _add_limits(graph: GraphBuilder, family: str, mean: str) -> str:
    """Return a mean within the range of its family; NaN stays."""
    low = {"gaussian": -_MOST}.get(family, _LEAST)
    high = 1.0 - _LEAST if family == "binomial" else _MOST
    limited = graph.add("Where", graph.add("Less", mean, low), low, mean)
    return graph.add("Where", graph.add("Greater", limited, high), high, limited)
