"""Compare the facts that a run recorded with those of its replay: results of checks, and metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sparkops.core.tolerance import are_close
from sparkops.pipeline.reports.replay_verdict import FactDifference, Section

Check = Mapping[str, Any]
# Keys of a check result that are compared. Its samples are not: they may be any of the failing values.
_OUTCOME = ("success", "observed", "rows", "unexpected", "error")


def compare_checks(
    recorded: Iterable[Check], replayed: Iterable[Check], tolerance: float
) -> Iterator[FactDifference]:
    """Yield the expectations whose results differ, and those that only one side has.

    Args:
        recorded: Check results in the record of the run.
        replayed: Those of the replay.
        tolerance: Relative tolerance of floats.
    """
    before, after = _index(recorded), _index(replayed)
    for key, check in before.items():
        other = after.get(key)
        if other is None:
            yield FactDifference(section="checks", name=key, recorded=_describe(check))
        elif not are_close(_select(check), _select(other), tolerance):
            yield FactDifference(
                section="checks", name=key, recorded=_describe(check), replayed=_describe(other)
            )
    for key, check in after.items():
        if key not in before:
            yield FactDifference(section="checks", name=key, replayed=_describe(check))


def compare_numbers(
    section: Section, recorded: Mapping[str, Any], replayed: Mapping[str, Any], tolerance: float
) -> Iterator[FactDifference]:
    """Yield the numbers that differ, and those that only one side has."""
    for name in dict.fromkeys((*recorded, *replayed)):
        before, after = recorded.get(name), replayed.get(name)
        if not are_close(before, after, tolerance):
            yield FactDifference(section=section, name=name, recorded=before, replayed=after)


def _index(checks: Iterable[Check]) -> dict[str, Check]:
    """Return the checks by table, expectation, arguments and policy; equal ones are numbered from the second on."""
    indexed: dict[str, Check] = {}
    for check in checks:
        arguments = ", ".join(f"{name}={value}" for name, value in (check.get("kwargs") or {}).items())
        key = f"{check['table']}: {check['expectation']}({arguments}), {check.get('policy')}"
        number = sum(name == key or name.startswith(f"{key} #") for name in indexed)
        indexed[f"{key} #{number + 1}" if number else key] = check
    return indexed


def _select(check: Check) -> dict[str, Any]:
    return {key: check.get(key) for key in _OUTCOME}


def _describe(check: Check) -> str:
    """Return the result of a check in a few words."""
    verdict = "passed" if check.get("success") else "failed"
    if check.get("error"):
        return f"could not be evaluated: {check['error']}"
    if check.get("unexpected") is not None and check.get("rows") is not None:
        return f"{verdict}, {check['unexpected']:,} of {check['rows']:,} rows"
    return verdict if check.get("observed") is None else f"{verdict}, observed {check['observed']}"
