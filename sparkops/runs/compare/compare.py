"""Find the differences between two records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sparkops.pipeline.checks.check import format_expectation
from sparkops.runs.compare.difference import SECTIONS, RunComparison, RunDifference, Section, TableEvidence
from sparkops.runs.compare.summary import summarize
from sparkops.runs.records.run import Run

_ABSENT: Final = None
_MAX_HASH: Final = 12
# Facts of a registered version that are about the version itself.
_REGISTERED: Final = ("name", "version", "compiled", "aliases", "parity")


def compare_runs(before: Run, after: Run, evidence: TableEvidence | None = None) -> RunComparison:
    """Return the differences between two runs.

    Args:
        before: The first run.
        after: The second run.
        evidence: What the logs of their tables tell.
    """
    evidence = evidence or TableEvidence()
    differences = sorted(
        _list_differences(before, after, evidence), key=lambda difference: SECTIONS.index(difference.section)
    )
    return RunComparison(
        before=before.id,
        after=after.id,
        jobs=(before.job, after.job),
        summary=summarize(before, after, differences),
        differences=tuple(differences),
    )


def _list_differences(before: Run, after: Run, evidence: TableEvidence) -> Iterator[RunDifference]:
    if before.state != after.state:
        detail = (after.error or before.error or {}).get("message", "").partition("\n")[0]
        yield RunDifference(
            section="state", name="state", before=before.state, after=after.state, detail=detail
        )
    yield from _compare_mappings("parameters", before.params, after.params)
    yield from _compare_mappings("code", _describe_code(before), _describe_code(after))
    yield from _compare_mappings("settings", _flatten(before.settings), _flatten(after.settings))
    yield from _compare_inputs(before, after, evidence)
    yield from _compare_mappings("models", before.models, after.models)
    yield from _compare_schemas(before, after, evidence)
    yield from _compare_mappings("rows", _count_rows(before), _count_rows(after))
    yield from _compare_mappings("checks", _describe_checks(before), _describe_checks(after))
    yield from _compare_mappings("metrics", before.metrics, after.metrics)
    yield from _compare_mappings("registered", _describe_registered(before), _describe_registered(after))
    versions = (
        {"version": run.spark["version"]} if "version" in run.spark else {} for run in (before, after)
    )
    yield from _compare_mappings("spark", *versions)
    yield from _compare_mappings("time", _describe_time(before), _describe_time(after))


def _compare_mappings(
    section: Section, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[RunDifference]:
    for name in dict.fromkeys((*before, *after)):
        values = before.get(name, _ABSENT), after.get(name, _ABSENT)
        if values[0] != values[1]:
            yield RunDifference(section=section, name=name, before=values[0], after=values[1])


def _describe_code(run: Run) -> dict[str, Any]:
    return {key: run.code[key] for key in ("git", "dirty", "source", "place") if run.code.get(key)}


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return settings by their dotted names."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _compare_inputs(before: Run, after: Run, evidence: TableEvidence) -> Iterator[RunDifference]:
    for name in dict.fromkeys((*before.inputs, *after.inputs)):
        pins = before.inputs.get(name), after.inputs.get(name)
        described = _describe_pin(pins[0]), _describe_pin(pins[1])
        if described[0] == described[1] and not _is_replaced(*pins):
            continue
        change = evidence.changes.get(name)
        yield RunDifference(
            section="inputs", name=name, before=described[0], after=described[1], detail=_explain_input(*pins),
            change=change,
        )  # fmt: skip


def _describe_pin(pin: Mapping[str, Any] | None) -> Any:
    """Return the version of a table, or the hash of a source's files."""
    if pin is None:
        return _ABSENT
    return pin["version"] if pin["version"] is not None else str(pin["identity"])[:_MAX_HASH]


def _is_replaced(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Return whether two pins are of two tables, or of files that are read in two ways."""
    if before is None or after is None:
        return before is not after
    return any(before.get(key) != after.get(key) for key in ("identity", "options_hash"))


def _explain_input(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    if before is None or after is None:
        return "read by one of the runs only"
    if before["version"] is None or after["version"] is None:
        is_same = before["identity"] == after["identity"]
        return "the same files, read in another way" if is_same else "other files"
    return "" if before["identity"] == after["identity"] else "another table: dropped and created again"


def _compare_schemas(before: Run, after: Run, evidence: TableEvidence) -> Iterator[RunDifference]:
    first, second = (({**run.inputs, **run.outputs}) for run in (before, after))
    for name in (name for name in first if name in second):
        hashes = first[name].get("schema_hash"), second[name].get("schema_hash")
        if hashes[0] != hashes[1]:
            detail = evidence.columns.get(name, "")
            yield RunDifference(
                section="schemas", name=name, before=hashes[0], after=hashes[1], detail=detail
            )


def _count_rows(run: Run) -> dict[str, int]:
    return {name: output["rows"] for name, output in run.outputs.items()}


def _describe_checks(run: Run) -> dict[str, str]:
    """Return the result of each check in words, by check."""
    return {
        f"{check['table']}: {format_expectation(check['expectation'], check['kwargs'])}": _describe_result(
            check
        )
        for check in run.checks
    }


def _describe_result(check: Mapping[str, Any]) -> str:
    verdict = "passed" if check["success"] else f"failed ({check['policy']})"
    if check["error"]:
        return f"{verdict}, not evaluated: {check['error']}"
    if check["rows"] is not None and check["unexpected"] is not None:
        return f"{verdict}, {check['unexpected']:,} of {check['rows']:,} rows"
    observed = check["observed"]
    return verdict if observed is None else f"{verdict}, observed {json.dumps(observed, default=str)}"


def _describe_registered(run: Run) -> dict[str, Any]:
    return (
        {key: run.registered[key] for key in _REGISTERED if key in run.registered} if run.registered else {}
    )


def _describe_time(run: Run) -> dict[str, float]:
    total = {} if run.seconds is None else {"total": round(run.seconds, 3)}
    return {**total, **run.timings}
