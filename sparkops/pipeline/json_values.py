"""Facts of tables, checks, models and quarantines as the JSON values of records, tags and `--json`.

The keys are a format (docs/reference/file-formats.md): a field may get another name, its key may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.quarantine_summary import QuarantineCount, QuarantineSummary, ReleaseResult
from sparkops.pipeline.model_version_info import GateResult, ModelVersionInfo
from sparkops.pipeline.table import Commit, Pin, PublishedVersion, TableInfo
from sparkops.place import Place


def pin_to_json(pin: Pin) -> dict[str, Any]:
    """Return a pinned table version as JSON values."""
    return {
        "table": pin.table,
        "kind": pin.kind,
        "location": pin.location,
        "version": pin.version,
        "identity": pin.identity,
        "schema_hash": pin.schema_hash,
        "time": pin.time,
        **({"options_hash": pin.options_hash} if pin.options_hash else {}),
    }


def pin_from_json(table: str, value: Mapping[str, Any]) -> Pin:
    """Return the pinned version of a table from a record; keys that an old record lacks stay empty."""
    time = value.get("time")
    return Pin(
        table=table,
        kind=value.get("kind", "source"),
        location=value.get("location", ""),
        version=value.get("version"),
        identity=value.get("identity", ""),
        schema_hash=value.get("schema_hash", ""),
        time=datetime.fromisoformat(time) if isinstance(time, str) else time,
        options_hash=value.get("options_hash", ""),
    )


def published_version_to_json(published: PublishedVersion) -> dict[str, Any]:
    """Return a published table version as JSON values."""
    return {
        "table": published.table,
        "version": published.version,
        "rows": published.rows,
        "location": published.location,
        "identity": published.identity,
        "schema_hash": published.schema_hash,
        "already": published.already_published,
    }


def commit_to_json(commit: Commit) -> dict[str, Any]:
    """Return one commit of a table's history as JSON values."""
    batch = commit.batch
    return {
        "version": commit.version,
        "time": commit.time,
        "operation": commit.operation,
        "rows": commit.rows,
        "run_id": commit.run_id,
        "batch": None if batch is None else {"stream": batch.stream, "number": batch.number},
    }


def table_info_to_json(info: TableInfo) -> dict[str, Any]:
    """Return one table of the catalog as JSON values."""
    return {
        "name": info.name,
        "kind": info.kind,
        "location": info.location,
        "exists": info.exists,
        "version": info.version,
        "time": info.time,
        "description": info.description,
    }


def check_to_json(result: CheckResult) -> dict[str, Any]:
    """Return the result of one expectation as JSON values, with its file and line."""
    place = result.place
    return {
        "table": result.table,
        "expectation": result.expectation,
        "kwargs": dict(result.kwargs),
        "policy": result.policy,
        "success": result.success,
        "observed": result.observed,
        "rows": result.rows,
        "unexpected": result.unexpected,
        "samples": list(result.samples),
        "error": result.error,
        "place": None if place is None else {"file": place.file, "line": place.line},
        "severity": result.severity,
        "over": result.over,
    }


def check_from_json(value: Mapping[str, Any]) -> CheckResult:
    """Return a check result from a record or from `check_to_json`; unknown keys are ignored."""
    known = {
        "kwargs": "kwargs",
        "policy": "policy",
        "success": "success",
        "observed": "observed",
        "rows": "rows",
        "unexpected": "unexpected",
        "error": "error",
        "severity": "severity",
        "over": "over",
    }
    return CheckResult(
        table=value["table"],
        expectation=value["expectation"],
        samples=tuple(value.get("samples") or ()),
        place=_parse_place(value.get("place")),
        **{field: value[key] for key, field in known.items() if key in value},
    )


def _parse_place(value: Any) -> Place | None:
    if isinstance(value, Mapping):
        return Place(str(value["file"]), int(value["line"]))
    if not isinstance(value, str):
        return None
    file, _, line = value.rpartition(":")
    return Place(file, int(line)) if file and line.isdigit() else None


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


def quarantine_count_to_json(count: QuarantineCount) -> dict[str, Any]:
    """Return the number of rows that one run quarantined for the same reasons, as JSON values."""
    return {
        "run": count.run,
        "reasons": list(count.reasons),
        "state": count.state,
        "release": count.release,
        "rows": count.rows,
    }


def quarantine_to_json(summary: QuarantineSummary) -> dict[str, Any]:
    """Return the contents of a table's quarantine as JSON values."""
    return {
        "counts": [quarantine_count_to_json(count) for count in summary.counts],
        "rows": [dict(row) for row in summary.rows],
    }


def release_result_to_json(result: ReleaseResult) -> dict[str, Any]:
    """Return the result of a release as JSON values."""
    return {
        "table": result.table,
        "release": result.release,
        "rows": result.rows,
        "discarded": result.discarded,
        "version": result.version,
        "still": result.still_failing,
        "reasons": [list(pair) for pair in result.reasons],
        "finished": [list(pair) for pair in result.finished],
    }
