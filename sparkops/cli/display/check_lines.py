"""Check results as lines: the expectation, and what was observed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparkops.core.wording import format_count
from sparkops.pipeline.checks.check import format_expectation

# How a failed check of each policy is marked.
FAILURE_MARKS = {"fail": "FAIL", "warn": "warn", "quarantine": "held"}
_MAX_SAMPLES = 3
_MAX_OBSERVED = 60


def format_checks(checks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one aligned line for each result, as a record keeps it; failed ones show examples of failing values."""
    labels = [
        f"{check['table']}: {format_expectation(check['expectation'], check['kwargs'])}" for check in checks
    ]
    findings = list(map(_format_finding, checks))
    width = max((len(label) for label, finding in zip(labels, findings, strict=True) if finding), default=0)
    for check, label, finding in zip(checks, labels, findings, strict=True):
        yield f"{_format_mark(check)} {label.ljust(width)}  {finding}".rstrip()


def summarize_checks(checks: Sequence[Mapping[str, Any]]) -> str:
    """Return the number of results by mark: `8 checks: 6 ok, 1 held, 1 warn`."""
    marks = [_format_mark(check).strip() for check in checks]
    counts = [f"{marks.count(mark)} {mark}" for mark in ("ok", *FAILURE_MARKS.values()) if mark in marks]
    return f"{format_count(len(checks), 'check')}: {', '.join(counts)}"


def _format_mark(check: Mapping[str, Any]) -> str:
    """Return a result as four characters."""
    return "ok  " if check["success"] else FAILURE_MARKS[check["policy"]]


def _format_finding(check: Mapping[str, Any]) -> str:
    if check["error"]:
        return f"not evaluated: {check['error']}"
    if check["unexpected"] and check["rows"]:
        counts = f"{check['unexpected']:,} of {check['rows']:,} rows"
        counts += f", {check['over']}" if check.get("over") else ""
        return counts + ("" if check["success"] else _format_examples(check["samples"]))
    if check["success"] or check["observed"] is None:
        return ""
    text = str(check["observed"])
    return f"observed {text if len(text) <= _MAX_OBSERVED else text[: _MAX_OBSERVED - 1] + '…'}"


def _format_examples(samples: Sequence[Any]) -> str:
    """Return a few distinct failing values; nulls are left out, because the count includes them."""
    distinct = list(dict.fromkeys(str(value) for value in samples if value is not None))[:_MAX_SAMPLES]
    return f", such as {', '.join(distinct)}" if distinct else ""
