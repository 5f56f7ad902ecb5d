"""Results of checks as the JSON values of records and `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sparkops.core.place import Place
from sparkops.core.version_number import is_number
from sparkops.pipeline.checks.check import CheckResult

# Fields that a record has under their names and that older records may lack.
_OPTIONAL_FIELDS: Final = (
    "kwargs",
    "policy",
    "success",
    "observed",
    "rows",
    "unexpected",
    "error",
    "severity",
    "over",
)


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
    return CheckResult(
        table=value["table"],
        expectation=value["expectation"],
        samples=tuple(value.get("samples") or ()),
        place=_parse_place(value.get("place")),
        **{field: value[field] for field in _OPTIONAL_FIELDS if field in value},
    )


def _parse_place(value: Any) -> Place | None:
    """Return the place in a record; older records have it as text, `file:line`."""
    if isinstance(value, Mapping):
        return Place(str(value["file"]), int(value["line"]))
    if not isinstance(value, str):
        return None
    file, _, line = value.rpartition(":")
    return Place(file, int(line)) if file and is_number(line) else None
