"""Evaluate a trained model on its held-out rows, and compare the metrics with its gates."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sparkops.errors import ModelError
from sparkops.pipeline.model import Gate, Model
from sparkops.pipeline.model_version_info import GateResult

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@contextmanager
def persist_during(frame: DataFrame | None) -> Iterator[None]:
    """Keep a frame in Spark's memory while the block runs; a frame that is cached already stays so."""
    if frame is None or frame.is_cached:
        yield
        return
    frame.persist()
    try:
        yield
    finally:
        frame.unpersist()


def evaluate(model: Model) -> dict[str, float]:
    """Return the metrics of a trained model: the given ones, and those of `Model.evaluate` on the held-out rows."""
    if model.evaluate is None:
        return _to_floats(model.metrics)
    if model.heldout is None:
        raise ModelError("Model.evaluate needs held-out rows: give Model.heldout, too.")
    if model.heldout.isEmpty():
        raise ModelError(
            "Model.heldout has no rows, so no metric can be computed. Check how the job splits its table."
        )
    return {**_to_floats(model.metrics), **evaluate_on_heldout(model, model.fitted)}


def evaluate_on_heldout(model: Model, fitted: Any) -> dict[str, float]:
    """Return the metrics of another fitted model on the held-out rows of `model`, by its `evaluate`."""
    if model.evaluate is None or model.heldout is None:
        raise ModelError("A gate with not_worse needs Model.heldout and Model.evaluate.")
    return _to_floats(model.evaluate(fitted.transform(model.heldout)))


def needs_champion(gates: Sequence[Gate]) -> bool:
    """Return whether a gate compares with the present champion."""
    return any(gate.not_worse for gate in gates)


def evaluate_gates(
    gates: Sequence[Gate], metrics: Mapping[str, float], champion: Mapping[str, float] | None
) -> tuple[GateResult, ...]:
    """Compare metrics with each condition of each gate.

    Args:
        gates: The declared conditions.
        metrics: Metrics of the new version.
        champion: The champion's metrics on the same held-out rows: None if there is no champion, empty if it cannot
            score them.
    """
    missing = sorted({gate.metric for gate in gates} - set(metrics))
    if missing:
        raise ModelError(
            f"A gate looks at {', '.join(f'`{name}`' for name in missing)}, but the model has the metrics: "
            f"{', '.join(sorted(metrics)) or 'none'}. Return it from Model.evaluate, or put it in Model.metrics."
        )
    return tuple(
        result for gate in gates for result in _compare_with_gate(gate, metrics[gate.metric], champion)
    )


def _compare_with_gate(gate: Gate, value: float, champion: Mapping[str, float] | None) -> list[GateResult]:
    results = []
    if gate.at_least is not None:
        results.append(_build_result(gate, f"at least {gate.at_least:g}", value, value >= gate.at_least))
    if gate.at_most is not None:
        results.append(_build_result(gate, f"at most {gate.at_most:g}", value, value <= gate.at_most))
    if gate.not_worse:
        results.append(_compare_with_champion(gate, value, champion))
    return results


def _compare_with_champion(gate: Gate, value: float, champion: Mapping[str, float] | None) -> GateResult:
    rule = f"not worse than champion ({gate.better} is better, tolerance {gate.tolerance:g})"
    if champion is None:
        return _build_result(gate, f"{rule}: there is none yet", value, passed=True)
    if gate.metric not in champion:
        return _build_result(gate, f"{rule}: the champion cannot score these rows", value, passed=False)
    other = champion[gate.metric]
    gain = value - other if gate.better == "higher" else other - value
    return _build_result(gate, rule, value, gain >= -gate.tolerance, other)


def _build_result(
    gate: Gate, rule: str, value: float, passed: bool, champion: float | None = None
) -> GateResult:
    return GateResult(metric=gate.metric, rule=rule, value=value, champion=champion, passed=passed)


def _to_floats(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return metrics as floats; ModelError names a metric that is not a finite number."""
    for name, value in metrics.items():
        if not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise ModelError(f"Metric `{name}` is {value!r}; a metric must be a finite number.")
    return {str(name): float(value) for name, value in metrics.items()}
