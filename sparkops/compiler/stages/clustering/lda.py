"""Compile LocalLDAModel."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage, parse_matrix, parse_vector
from sparkops.compiler.stages.shared.predictor import record_features_column
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output
from sparkops.scoring.kernels.topic_inference import digamma

# Spark starts the iteration of every document from these random numbers, whatever the seed of the estimator.
_SEED = 1421925485


def compile_lda(saved: SavedStage, plan: Plan) -> None:
    """Add a `topics` step: counts of words -> the share of each topic.

    Raises:
        CannotCompile: The model is distributed (optimizer `em`).
    """
    if saved.class_name == "DistributedLDAModel":
        raise CannotCompile(
            "Spark computes other topics from it each time it is loaded (they differ by about 1e-5);"
            " use `model.toLocal()`"
        )
    row = saved.read_rows()[0]
    topics = parse_matrix(row["topicsMatrix"])
    arrays = {
        "weights": np.exp(digamma(topics) - digamma(topics.sum(axis=0))),
        "prior": parse_vector(row["docConcentration"]),
        "start": _draw_gamma(topics.shape[1], shape=float(row["gammaShape"])),
    }
    target = str(saved.params["topicDistributionCol"])
    features = record_features_column(saved, plan, len(topics))
    plan.add_step(saved, "topics", [features], [(target, "vector")], arrays=arrays)
    plan.add_output(Output(target, "vector", target, "probability", topics.shape[1]))


def _draw_gamma(count: int, *, shape: float) -> Numbers:
    """Return the samples of Gamma(shape, 1/shape) that Breeze 2.1 draws for each document.

    Marsaglia and Tsang, A Simple Method for Generating Gamma Variables, 2000.
    """
    if shape <= 1.0:
        raise CannotCompile(f"its gammaShape is {shape:g}, and more than 1 is needed")
    uniform = _draw_uniform(_SEED)
    normal = _draw_normal(uniform)
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    samples: list[float] = []
    while len(samples) < count:
        x = next(normal)
        if 1.0 + c * x <= 0.0:
            continue
        v = (1.0 + c * x) ** 3
        u = 1.0 - next(uniform)
        if u < 1.0 - 0.0331 * x**4 or math.log(u) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
            samples.append(d * v / shape)
    return np.array(samples)


def _draw_uniform(seed: int) -> Iterator[float]:
    """Yield the doubles of the Mersenne Twister of Commons Math, of 52 bits each."""
    bits = np.random.RandomState(np.array([seed >> 32, seed & 0xFFFFFFFF], dtype=np.uint32))
    while True:
        high, low = (int(word) >> 6 for word in bits.randint(0, 2**32, size=2, dtype=np.uint32))
        yield (high << 26 | low) * 2.0**-52


def _draw_normal(uniform: Iterator[float]) -> Iterator[float]:
    """Yield normal variates by the method of Box and Muller, in the order of Commons Math."""
    while True:
        angle, radius = 2.0 * math.pi * next(uniform), math.sqrt(-2.0 * math.log(next(uniform)))
        yield radius * math.cos(angle)
        yield radius * math.sin(angle)
