"""Linear models: logistic, support vectors, least squares, generalized, lifetimes, and factorization machines."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, sqrt
from sys import float_info

import numpy as np

from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.onnx.kernels.class_decision import bind, decide, softmax
from sparkops.onnx.kernels.erf import erf
from sparkops.onnx.kernels.linear_sums import both, logistic, margins
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step

_LEAST, _MOST = 1e-16, float_info.max


def logistic_regression(step: Step, work: Work) -> None:
    """Write the margins, the probabilities and the choice."""
    graph, weights = work.graph, step.arrays["weights"]
    sums = margins(work, work.features(step), weights, step.arrays["intercepts"], sparse=_sparse(step))
    if step.params["multinomial"]:
        decide(step, work, sums, softmax(graph, sums))
        return
    probability = graph.joined(both(graph, logistic(graph, sums, times=1.0)))
    threshold = float(step.arrays["threshold"][0])
    on_raw = step.outputs[2] or not step.outputs[1]
    test = (sums, _margin(threshold)) if on_raw else (graph.take(probability, [1]), threshold)
    choice = graph.cast(graph.add("Greater", *test), "int64")
    bind(step, work, choice, _mirrored(graph, sums), probability)


def linear_svc(step: Step, work: Work) -> None:
    """Write the margin and the choice."""
    graph, margin = work.graph, _margin_of(step, work)
    choice = graph.cast(graph.add("Greater", margin, float(step.arrays["threshold"][0])), "int64")
    bind(step, work, choice, _mirrored(graph, margin), "")


def linear(step: Step, work: Work) -> None:
    """Write one sum."""
    work.columns[step.outputs[0]] = One(_margin_of(step, work), "double", "double", nan=True)


def survival(step: Step, work: Work) -> None:
    """Write the sum, its exponential, and the quantiles."""
    time = work.graph.add("Exp", _margin_of(step, work))
    prediction, quantiles = step.outputs
    work.columns[prediction] = One(time, "double", "double", nan=True)
    if quantiles:
        factors = step.arrays["factors"][None, :].astype(np.float64)
        work.columns[quantiles] = Many(work.graph.add("Mul", time, factors), factors.shape[1])


def generalized(step: Step, work: Work) -> None:
    """Write the sum, the link turned round, and what the family allows."""
    graph, source = work.graph, work.many(step)
    offset = work.one(step, 1) if len(step.inputs) > 1 else None
    null = None if offset is None else offset.null
    if source.null is not None:
        asked = graph.add("Not", null) if null is not None else None
        work.leave(source.null if asked is None else graph.add("And", source.null, asked))
    eta = margins(
        work, source, step.arrays["weights"][None, :], step.arrays["intercept"], sparse=_sparse(step)
    )
    if offset is not None:
        eta = graph.add("Add", eta, work.double(offset))
    mean = _within(graph, str(step.params["family"]), _unlinked(graph, step, eta))
    for name, value in zip(step.outputs, (mean, eta), strict=True):
        if name:
            work.columns[name] = One(value, "double", "double", null=null, nan=True)


def factorization(step: Step, work: Work) -> None:
    """Write the linear sum, the sums over pairs of features, and the class."""
    graph, source = work.graph, work.features(step)
    weights, factors = step.arrays["weights"][None, :], step.arrays["factors"].astype(np.float64)
    total = margins(work, source, weights, step.arrays["intercept"], sparse=_sparse(step))
    if factors.shape[1]:
        total = graph.add("Add", total, _pairs(graph, source, factors))
    if step.params["kind"] == "regress":
        work.columns[step.outputs[0]] = One(total, "double", "double", nan=True)
        return
    high = logistic(graph, total)
    decide(step, work, _mirrored(graph, total), graph.joined([graph.add("Sub", 1.0, high), high]))


def _sparse(step: Step) -> bool:
    return bool(step.params["sparse"])


def _margin(threshold: float) -> float:
    if threshold in (0.0, 1.0):
        return inf if threshold else -inf
    return log(threshold / (1.0 - threshold))


def _margin_of(step: Step, work: Work) -> str:
    weights = step.arrays["weights"][None, :]
    return margins(work, work.features(step), weights, step.arrays["intercept"], sparse=_sparse(step))


def _mirrored(graph: Graph, margin: str) -> str:
    return graph.joined([graph.add("Neg", margin), margin])


def _unlinked(graph: Graph, step: Step, eta: str) -> str:
    link = str(step.params["link"])
    if link == "power":
        return graph.add("Pow", eta, float(step.arrays["power"][0]))
    return _UNLINK[link](graph, eta)


def _cloglog(graph: Graph, eta: str) -> str:
    return graph.add("Sub", 1.0, graph.add("Exp", graph.add("Neg", graph.add("Exp", eta))))


def _probit(graph: Graph, eta: str) -> str:
    return graph.add("Mul", graph.add("Add", erf(graph, graph.add("Div", eta, sqrt(2.0))), 1.0), 0.5)


_UNLINK: dict[str, Callable[[Graph, str], str]] = {
    "identity": lambda _, eta: eta,
    "log": lambda graph, eta: graph.add("Exp", eta),
    "inverse": lambda graph, eta: graph.add("Reciprocal", eta),
    "logit": logistic,
    "probit": _probit,
    "cloglog": _cloglog,
    "sqrt": lambda graph, eta: graph.add("Mul", eta, eta),
}


def _within(graph: Graph, family: str, mean: str) -> str:
    """Return a mean within the numbers of its family; NaN stays."""
    low = {"gaussian": -_MOST}.get(family, _LEAST)
    high = 1.0 - _LEAST if family == "binomial" else _MOST
    above = graph.add("Where", graph.add("Less", mean, low), low, mean)
    return graph.add("Where", graph.add("Greater", above, high), high, above)


def _pairs(graph: Graph, source: Many, factors: Numbers) -> str:
    wide = graph.add("Unsqueeze", source.name, np.array([2]))
    terms = graph.add("Mul", wide, factors[None, :, :])
    whole = graph.sum(terms, keep=False)
    parts = graph.sum(graph.add("Mul", terms, terms), keep=False)
    gaps = graph.add("Sub", graph.add("Mul", whole, whole), parts)
    return graph.sum(graph.add("Mul", gaps, 0.5))
