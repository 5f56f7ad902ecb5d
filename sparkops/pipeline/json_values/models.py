"""Facts of models as the JSON values of records, tags and `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkops.pipeline.model_version_info import GateResult, ModelVersionInfo


def gate_to_json(gate: GateResult) -> dict[str, Any]:
    """Return the result of one gate as JSON values."""
    return {
        "metric": gate.metric,
        "rule": gate.rule,
        "value": gate.value,
        "champion": gate.champion,
        "passed": gate.passed,
    }


def gate_from_json(value: Mapping[str, Any]) -> GateResult:
    """Return a gate result from `gate_to_json`."""
    return GateResult(
        metric=value["metric"],
        rule=value["rule"],
        value=value["value"],
        champion=value["champion"],
        passed=value["passed"],
    )


def model_version_to_json(model: ModelVersionInfo) -> dict[str, Any]:
    """Return one registered model version as JSON values; `source` only for a model that sparkops did not train."""
    return {
        "name": model.name,
        "version": model.version,
        "run_id": model.run_id,
        "mlflow_run": model.mlflow_run,
        "uri": model.uri,
        "metrics": dict(model.metrics),
        "aliases": list(model.aliases),
        "gates": [gate_to_json(gate) for gate in model.gates],
        "compiled": model.compiled,
        "reasons": list(model.reasons),
        "parity": model.parity,
        "tables": dict(model.tables),
        "time": model.time,
        "race": dict(model.benchmark),
        "flavor": model.flavor,
        "rules": model.rules,
        "left_out": list(model.left_out),
        **({"source": dict(model.source)} if model.source else {}),
    }
