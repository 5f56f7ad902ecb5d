"""Check results as text: per expectation, per table and for the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from sparkops.core.wording import format_count, pluralize
from sparkops.pipeline.checks.check import CheckResult
from sparkops.reports.facts import CheckedTable
from sparkops.reports.formatting import format_value, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationSummary:
    """The result of one expectation.

    Args:
        expectation: Its type, such as `expect_column_values_to_not_be_null`.
        columns: The column or columns it is about; empty if it is about the table.
        arguments: Its other arguments.
        policy: What a failure causes.
        status: `passed`, `quarantined`, `warned`, `failed` or `not evaluated`.
        tone: `good`, `warn` or `bad`.
        details: Counts, the observed value and examples of unexpected values, or the error.
        place: File and line of its declaration.
    """

    expectation: str
    columns: str
    arguments: str
    policy: str
    status: str
    tone: str
    details: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCheckSummary:
    """The results of one table's expectations; `summary` counts them."""

    table: str
    version: int | None
    run_id: str
    summary: str
    expectations: tuple[ExpectationSummary, ...]
    docs: str | None = None


def summarize_table(checked: CheckedTable) -> TableCheckSummary:
    """Summarize the check results of one table."""
    expectations = tuple(summarize_expectation(result) for result in checked.results)
    passed = sum(summary.tone == "good" for summary in expectations)
    parts = [f"{passed} of {len(expectations)} passed"]
    if checked.quarantined:
        parts.append(f"{format_count(checked.quarantined, 'row')} quarantined")
    return TableCheckSummary(
        table=checked.table,
        version=checked.version,
        run_id=checked.run_id,
        summary=", ".join(parts),
        expectations=expectations,
        docs=checked.docs,
    )


def summarize_expectation(result: CheckResult, *, examples: bool = True) -> ExpectationSummary:
    """Summarize the result of one expectation, with examples of failing values or without."""
    status, tone = _classify(result)
    return ExpectationSummary(
        expectation=result.expectation,
        columns=_format_columns(result),
        arguments=", ".join(
            f"{name} {format_value(value)}"
            for name, value in result.kwargs.items()
            if value is not None
            and not name.startswith("column")
            and name not in {"batch_id", "result_format"}
        ),
        policy=result.policy,
        status=status,
        tone=tone,
        details=_format_details(result, examples=examples),
        place=_format_place(result),
    )


def count_tones(expectations: Iterable[ExpectationSummary]) -> Counter[str]:
    """Return the number of results of each tone."""
    return Counter(expectation.tone for expectation in expectations)


def summarize_page(tables: Sequence[TableCheckSummary]) -> tuple[str, str] | None:
    """Return a summary of all tables and its tone, the worst of all; None if there are no check results."""
    tones = count_tones(expectation for table in tables for expectation in table.expectations)
    if not (count := tones.total()):
        return None
    if bad := tones["bad"]:
        return f"{bad} of {count} checks failed", "bad"
    if warnings := tones["warn"]:
        passed = f"{tones['good']} of {count} checks passed"
        return f"{passed}, {format_count(warnings, 'warning')}", "warn"
    return f"all {count} checks passed" if count > 1 else "1 check passed", "good"


def _classify(result: CheckResult) -> tuple[str, str]:
    """Return the status and the tone of a result."""
    if result.success:
        return "passed", "good"
    if result.policy == "quarantine" and not result.error:
        return "quarantined", "warn"
    if result.policy == "warn":
        return ("not evaluated" if result.error else "warned"), "warn"
    return ("not evaluated" if result.error else "failed"), "bad"


def _format_columns(result: CheckResult) -> str:
    kwargs = result.kwargs
    columns = kwargs.get("column") or kwargs.get("column_list") or kwargs.get("column_set")
    if columns is None:
        columns = [name for name in (kwargs.get("column_A"), kwargs.get("column_B")) if name]
    is_collection = isinstance(columns, list | tuple | set | frozenset)
    return ", ".join(map(str, columns)) if is_collection else str(columns)


def _format_details(result: CheckResult, *, examples: bool) -> str:
    if result.error:
        return shorten(format_value(result.error), 240)
    parts = []
    if result.unexpected is not None and (result.unexpected or result.observed is None):
        # Without a number of rows, distinct values were counted.
        evaluated = (
            f" of {result.rows:,} rows" if result.rows else f" {pluralize('value', result.unexpected)}"
        )
        threshold = f", {result.over}" if result.over else ""
        parts.append(f"{result.unexpected:,}{evaluated} unexpected{threshold}")
    elif result.observed is not None:
        parts.append(f"observed {shorten(format_value(result.observed), 80)}")
    # Nulls are not shown as examples; the count includes them.
    values = dict.fromkeys(shorten(format_value(v), 40) for v in result.samples if v is not None)
    if examples and values and result.unexpected:
        parts.append("for example " + ", ".join(list(values)[:5]))
    return "; ".join(parts)


def _format_place(result: CheckResult) -> str:
    if result.place is None:
        return ""
    file = PurePath(result.place.file)
    return f"{PurePath(*file.parts[-3:]) if file.is_absolute() else file}:{result.place.line}"
