"""Whether a model version may take an alias: its gates, each compared and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sparkops.errors import ModelError
from sparkops.pipeline.model import Gate
from sparkops.pipeline.model_version_info import GateResult


def needs_champion(gates: Sequence[Gate]) -> bool:
    """Tell whether a gate compares with the present champion."""
    return any(gate.not_worse for gate in gates)


def judge(
    gates: Sequence[Gate], metrics: Mapping[str, float], champion: Mapping[str, float] | None
) -> tuple[GateResult, ...]:
    """Compare metrics with each condition of each gate.

    Args:
        gates: The declared conditions.
        metrics: The new version's metrics.
        champion: The champion's metrics on the same held-out rows; None where there is no champion.
    """
    missing = sorted({gate.metric for gate in gates} - set(metrics))
    if missing:
        raise ModelError(
            f"A gate looks at {', '.join(f'`{name}`' for name in missing)}, but the model has the metrics: "
            f"{', '.join(sorted(metrics)) or 'none'}. Return it from Model.evaluate, or put it in Model.metrics."
        )
    return tuple(result for gate in gates for result in _results(gate, metrics[gate.metric], champion))


def _results(gate: Gate, value: float, champion: Mapping[str, float] | None) -> list[GateResult]:
    results = []
    if gate.at_least is not None:
        results.append(_result(gate, f"at least {gate.at_least:g}", value, value >= gate.at_least))
    if gate.at_most is not None:
        results.append(_result(gate, f"at most {gate.at_most:g}", value, value <= gate.at_most))
    if gate.not_worse:
        results.append(_compared(gate, value, champion))
    return results


def _compared(gate: Gate, value: float, champion: Mapping[str, float] | None) -> GateResult:
    rule = f"not worse than champion ({gate.better} is better, tolerance {gate.tolerance:g})"
    if champion is None:
        return _result(gate, f"{rule}: there is none yet", value, passed=True)
    if gate.metric not in champion:
        return _result(gate, f"{rule}: the champion cannot score these rows", value, passed=False)
    other = champion[gate.metric]
    gain = value - other if gate.better == "higher" else other - value
    return _result(gate, rule, value, gain >= -gate.tolerance, other)


def _result(gate: Gate, rule: str, value: float, passed: bool, champion: float | None = None) -> GateResult:
    return GateResult(metric=gate.metric, rule=rule, value=value, champion=champion, passed=passed)
