"""Gates of a model: absolute bounds, and the comparison with the champion."""

from __future__ import annotations

import pytest

from sparkops.errors import ModelError
from sparkops.pipeline.model import Gate
from sparkops.registry.evaluation import evaluate_gates


def passed(gate: Gate, value: float, champion: dict[str, float] | None = None) -> list[bool]:
    return [result.passed for result in evaluate_gates([gate], {"auc": value}, champion)]


def test_absolute_gates_pass_at_their_bounds() -> None:
    gate = Gate(metric="auc", at_least=0.7, at_most=0.9)
    assert passed(gate, 0.7) == [True, True]
    assert passed(gate, 0.9) == [True, True]
    assert passed(gate, 0.69) == [False, True]
    assert passed(gate, 0.91) == [True, False]


def test_not_worse_compares_with_the_champion_within_the_tolerance() -> None:
    gate = Gate(metric="auc", not_worse=True, tolerance=0.01)
    assert passed(gate, 0.795, {"auc": 0.8}) == [True]
    assert passed(gate, 0.78, {"auc": 0.8}) == [False]


def test_lower_is_better_reverses_the_comparison() -> None:
    gate = Gate(metric="auc", not_worse=True, better="lower")
    assert passed(gate, 0.3, {"auc": 0.4}) == [True]
    assert passed(gate, 0.5, {"auc": 0.4}) == [False]


def test_the_first_version_has_no_champion_to_beat() -> None:
    (result,) = evaluate_gates([Gate(metric="auc", not_worse=True)], {"auc": 0.1}, None)
    assert result.passed
    assert result.champion is None
    assert "there is none yet" in result.rule


def test_a_champion_that_cannot_score_the_rows_fails_the_gate() -> None:
    (result,) = evaluate_gates([Gate(metric="auc", not_worse=True)], {"auc": 0.1}, {})
    assert not result.passed
    assert "cannot score these rows" in result.rule


def test_a_gate_on_a_missing_metric_is_an_error_that_names_the_existing_ones() -> None:
    with pytest.raises(ModelError, match=r"`auk`, but the model has the metrics: auc, recall"):
        evaluate_gates([Gate(metric="auk", at_least=0.1)], {"recall": 1.0, "auc": 0.5}, None)
