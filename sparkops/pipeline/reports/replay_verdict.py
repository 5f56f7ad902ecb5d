"""What the replay of a run showed: rows, columns, checks and metrics that differ from those that the run recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from sparkops.core.wording import format_count

# Relative tolerance of floats.
DEFAULT_TOLERANCE: Final = 1e-9
# The same for metrics and scores of models: an optimizer enlarges the rounding of sums, whose order Spark does not fix.
DEFAULT_MODEL_TOLERANCE: Final = 1e-4
# Example rows of each kind that a verdict has.
DEFAULT_EXAMPLES: Final = 5

Section = Literal["checks", "metrics", "scores", "report"]


@dataclass(frozen=True, slots=True)
class RowExample:
    """A row that only one side has.

    Args:
        row: Column to its value, as a JSON value.
        count: How many more times that side has it.
    """

    row: Mapping[str, Any]
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """The difference between two multisets of rows.

    Args:
        recorded: Number of rows that the run wrote.
        replayed: Number of rows that the replay computed.
        missing: Rows that only the run wrote; a duplicate counts as often as it is missing.
        added: Rows that only the replay computed.
        columns: Columns in which these rows differ; empty if only one of the two has such rows.
        missing_examples: Some of the rows that only the run wrote.
        added_examples: Some of the rows that only the replay computed.
    """

    recorded: int
    replayed: int
    missing: int = 0
    added: int = 0
    columns: tuple[str, ...] = ()
    missing_examples: tuple[RowExample, ...] = ()
    added_examples: tuple[RowExample, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether the rows are the same, in any order."""
        return not self.missing and not self.added


@dataclass(frozen=True, slots=True)
class NondeterministicExpression:
    """An expression of the plan whose value may differ from run to run.

    Args:
        expression: Name of the function: `rand`, `current_timestamp`...
        columns: Columns of the result that depend on it; empty if it determines which rows there are.
        reason: What its value depends on.
    """

    expression: str
    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableComparison:
    """The comparison of one table that the run published.

    Args:
        table: Name in the catalog.
        version: The version that the run committed; None if it committed none.
        compared: Which rows are compared, in words.
        rows: The difference of the rows.
        schema: Differences between the columns, in words.
        causes: Non-deterministic expressions in the plan of the table; empty if nothing differs.
        shadow: Where the replayed rows are, if they are kept.
    """

    table: str
    version: int | None
    compared: str
    rows: RowDifference
    schema: tuple[str, ...] = ()
    causes: tuple[NondeterministicExpression, ...] = ()
    shadow: str | None = None

    @property
    def is_identical(self) -> bool:
        """Return whether neither rows nor columns differ."""
        return self.rows.is_empty and not self.schema


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDifference:
    """A fact of the run that differs in the replay.

    Args:
        section: What it is about.
        name: The expectation, metric or part of a report.
        recorded: What the run has; None if it has nothing.
        replayed: What the replay has.
    """

    section: Section
    name: str
    recorded: Any = None
    replayed: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayVerdict:
    """The verdict of a replay.

    Args:
        run: Id of the replay.
        original: Id of the run that was replayed.
        job: Its job.
        tables: The comparison of each table and quarantine that it published.
        facts: Checks, metrics, scores and parts of reports that differ.
        compared: What else was compared, in words.
        notes: What else a reader has to know: changed code, settings that were applied, what was not compared.
        code: Whether the `present` or the `recorded` code was run.
        overrides: Parameters and settings that the replay has instead of the recorded ones.
        tolerance: Relative tolerance of floats.
        page: Path of the HTML page.
    """

    run: str
    original: str
    job: str
    tables: tuple[TableComparison, ...] = ()
    facts: tuple[FactDifference, ...] = ()
    compared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    code: str = "present"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = DEFAULT_TOLERANCE
    page: str | None = None

    @property
    def is_identical(self) -> bool:
        """Return whether the replay computed what the run recorded."""
        return not self.facts and all(table.is_identical for table in self.tables)

    @property
    def state(self) -> str:
        """Return the verdict in one word."""
        return "identical" if self.is_identical else "different"


def summarize(verdict: ReplayVerdict) -> str:
    """Return in one line what differs, or what is identical."""
    if verdict.is_identical:
        return f"identical: {', '.join(_describe_compared(verdict))}"
    return f"different: {'; '.join(_describe_differences(verdict))}"


def _describe_compared(verdict: ReplayVerdict) -> Iterator[str]:
    for table in verdict.tables:
        yield f"{format_count(table.rows.recorded, 'row')} of {name_version(table)}"
    yield from verdict.compared


def _describe_differences(verdict: ReplayVerdict) -> Iterator[str]:
    for table in verdict.tables:
        parts = list(describe_table_differences(table))
        if parts:
            yield f"{name_version(table)}: {', '.join(parts)}"
    for section in dict.fromkeys(fact.section for fact in verdict.facts):
        count = sum(fact.section == section for fact in verdict.facts)
        yield f"{count} of the {section} differ" if section != "report" else "the report differs"


def name_version(table: TableComparison) -> str:
    """Return a table with the version that the run committed."""
    return f"`{table.table}`" + (f" version {table.version}" if table.version is not None else "")


def describe_table_differences(table: TableComparison) -> Iterator[str]:
    """Yield what differs in a table, in a few words each."""
    rows = table.rows
    if rows.missing:
        yield f"{format_count(rows.missing, 'row')} only in the run"
    if rows.added:
        yield f"{format_count(rows.added, 'row')} only in the replay"
    yield from table.schema


def verdict_to_json(verdict: ReplayVerdict) -> dict[str, Any]:
    """Return a verdict as JSON values, with `verdict` and `summary` as words."""
    return {"verdict": verdict.state, "summary": summarize(verdict), **asdict(verdict)}


def verdict_from_json(value: Mapping[str, Any]) -> ReplayVerdict:
    """Return the verdict of `verdict_to_json`."""
    names = ("run", "original", "job", "code", "overrides", "tolerance", "page")
    return ReplayVerdict(
        **{name: value[name] for name in names},
        compared=tuple(value["compared"]),
        notes=tuple(value["notes"]),
        tables=tuple(map(_table_from_json, value["tables"])),
        facts=tuple(FactDifference(**fact) for fact in value["facts"]),
    )


def _table_from_json(value: Mapping[str, Any]) -> TableComparison:
    rows = dict(value["rows"])
    for key in ("missing_examples", "added_examples"):
        rows[key] = tuple(RowExample(**example) for example in rows[key])
    rows["columns"] = tuple(rows["columns"])
    causes = (
        NondeterministicExpression(**{**cause, "columns": tuple(cause["columns"])})
        for cause in value["causes"]
    )
    return TableComparison(
        **{
            **value,
            "rows": RowDifference(**rows),
            "schema": tuple(value["schema"]),
            "causes": tuple(causes),
        }
    )
