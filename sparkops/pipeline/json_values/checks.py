"""Results of checks as the JSON values of records and `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkops.core.version_number import is_number
from sparkops.pipeline.checks.check import CheckResult
from sparkops.place import Place


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
    return Place(file, int(line)) if file and is_number(line) else None
