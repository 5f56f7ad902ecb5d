"""What the checks found, in words: one verdict an expectation, one a table, one for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from sparkops.pipeline.check import CheckResult
from sparkops.reports.facts import CheckedTable
from sparkops.reports.value import shorten, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One expectation's result.

    Args:
        expectation: Great Expectations' own name.
        subject: The column or columns it is about.
        terms: Its other arguments.
        policy: What a failure means.
        word: `passed`, `quarantined`, `warned`, `failed` or `not evaluated`.
        tone: `good`, `warn` or `bad`.
        found: Counts, the observed value, a few values that broke it, or the error.
        place: Where it is written.
    """

    expectation: str
    subject: str
    terms: str
    policy: str
    word: str
    tone: str
    found: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One table's verdicts."""

    table: str
    version: int | None
    run_id: str
    summary: str
    verdicts: tuple[Verdict, ...]
    docs: str | None = None


def judge(checked: CheckedTable) -> Judged:
    """Return what the checkpoint of a table found."""
    verdicts = tuple(verdict(result) for result in checked.results)
    parts = [f"{sum(v.tone == 'good' for v in verdicts)} of {len(verdicts)} passed"]
    if checked.quarantined:
        rows = "row" if checked.quarantined == 1 else "rows"
        parts.append(f"{checked.quarantined:,} {rows} quarantined")
    return Judged(
        table=checked.table,
        version=checked.version,
        run_id=checked.run_id,
        summary=", ".join(parts),
        verdicts=verdicts,
        docs=checked.docs,
    )


def verdict(result: CheckResult) -> Verdict:
    """Return one expectation's result in words."""
    word, tone = _word(result)
    return Verdict(
        expectation=result.expectation,
        subject=_subject(result),
        terms=", ".join(
            f"{name} {show(value)}"
            for name, value in result.kwargs.items()
            if value is not None
            and not name.startswith("column")
            and name not in {"batch_id", "result_format"}
        ),
        policy=result.policy,
        word=word,
        tone=tone,
        found=_found(result),
        place=_place(result),
    )


def total(judged: Sequence[Judged]) -> tuple[str, str] | None:
    """Return the whole page's verdict and its tone, or None where nothing was checked."""
    verdicts = [one for table in judged for one in table.verdicts]
    if not verdicts:
        return None
    counts = {tone: sum(one.tone == tone for one in verdicts) for tone in ("bad", "warn", "good")}
    if counts["bad"]:
        return f"{counts['bad']} of {len(verdicts)} checks failed", "bad"
    if counts["warn"]:
        return f"{counts['good']} of {len(verdicts)} checks passed, {counts['warn']} noted", "warn"
    return f"all {len(verdicts)} checks passed" if len(verdicts) > 1 else "1 check passed", "good"


def _word(result: CheckResult) -> tuple[str, str]:
    if result.success:
        return "passed", "good"
    if result.policy == "quarantine" and not result.error:
        return "quarantined", "warn"
    if result.policy == "warn":
        return ("not evaluated" if result.error else "warned"), "warn"
    return ("not evaluated" if result.error else "failed"), "bad"


def _subject(result: CheckResult) -> str:
    named = result.kwargs.get("column") or result.kwargs.get("column_list") or result.kwargs.get("column_set")
    if named is None:
        pair = [result.kwargs.get("column_A"), result.kwargs.get("column_B")]
        named = [name for name in pair if name]
    return ", ".join(map(str, named)) if isinstance(named, list | tuple | set | frozenset) else str(named)


def _found(result: CheckResult) -> str:
    if result.error:
        return shorten(show(result.error), 240)
    parts = []
    if result.unexpected is not None and (result.unexpected or result.observed is None):
        of = f" of {result.rows:,}" if result.rows else ""
        parts.append(
            f"{result.unexpected:,}{of} rows unexpected" + (f", {result.over}" if result.over else "")
        )
    elif result.observed is not None:
        parts.append(f"observed {shorten(show(result.observed), 80)}")
    told = dict.fromkeys(shorten(show(value), 40) for value in result.samples if value is not None)
    if told and result.unexpected:  # a null says no more than the count does
        parts.append("for example " + ", ".join(list(told)[:5]))
    return "; ".join(parts)


def _place(result: CheckResult) -> str:
    if result.place is None:
        return ""
    file = PurePath(result.place.file)
    return f"{PurePath(*file.parts[-3:]) if file.is_absolute() else file}:{result.place.line}"
