"""The page docs/stages.md: a table of all stages with what the cases compared, and its comparison with a later run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from parity.result import VALUE_KINDS, CaseResult
from parity.spark_stages import DISCRETIZER, SAVED_STAGES

PAGE = Path(__file__).parents[2] / "docs" / "stages.md"
_SETTINGS = ("handleInvalid", "vectors")
_COUNTS = ("rows", "refused", "dropped")
# Columns that a run on fewer random rows must reproduce exactly.
_EXACT = 3 + len(_SETTINGS)


def table(results: Sequence[CaseResult]) -> list[list[str]]:
    """Return the cells of the table of stages, its header first."""
    header = ["stage", "scored by", "cases", *_SETTINGS, *_COUNTS, *VALUE_KINDS]
    return [header, *(_cells(name, results) for name in (*SAVED_STAGES, DISCRETIZER))]


def _cells(name: str, results: Sequence[CaseResult]) -> list[str]:
    own = [result for result in results if name in result.case.verifies]
    compiled = [result for result in own if not result.case.reason]
    kinds = sum((result.value_kinds for result in compiled), Counter[str]())
    saved_as = "Bucketizer" if name == DISCRETIZER else name
    with_stage = compiled if name == DISCRETIZER else [result for result in results if not result.case.reason]
    modes = {mode for result in with_stage for mode in result.modes.get(saved_as, ())}
    storage = {form for result in with_stage for form in result.storage.get(saved_as, ())}
    return [
        f"`{name}`" + (f" (saved as `{saved_as}`)" if saved_as != name else ""),
        _scored_by(compiled, {result.case.reason for result in own if result.case.reason}),
        "; ".join(result.case.describe(name) for result in compiled),
        *(", ".join(sorted(values)) or "-" for values in (modes, storage)),
        *(f"{sum(getattr(result, count) for result in compiled):,}" for count in _COUNTS),
        *(f"{kinds[kind]:,}" if kinds[kind] else "-" for kind in VALUE_KINDS),
    ]


def _scored_by(compiled: Sequence[CaseResult], reasons: set[str]) -> str:
    if compiled and all(not result.differences for result in compiled):
        return "compiled scorer"
    return f"Spark ({'; '.join(sorted(reasons))})" if reasons else "NOT VERIFIED"


def compare_tables(page: Sequence[Sequence[str]], verified: Sequence[Sequence[str]]) -> list[str]:
    """Return where a page's table differs from one that was verified on fewer random rows.

    The page may state more rows than were verified, but not fewer.
    """
    differences = [
        f"{stated[0]}: {_first_difference(stated[:_EXACT], own[:_EXACT])}"
        for stated, own in zip(page, verified, strict=False)
        if list(stated[:_EXACT]) != list(own[:_EXACT])
    ]
    for stated, own in zip(page[1:], verified[1:], strict=False):
        if _parse_count(stated[_EXACT]) < _parse_count(own[_EXACT]):
            differences.append(
                f"{own[0]}: the page states {stated[_EXACT]} rows, {own[_EXACT]} were verified"
            )
    if len(page) != len(verified):
        differences.append(f"the page has {len(page)} lines, not {len(verified)}")
    return differences


def _first_difference(stated: Sequence[str], own: Sequence[str]) -> str:
    return next(
        f"the page states `{one}`, verified is `{other}`"
        for one, other in zip(stated, own, strict=True)
        if one != other
    )


def _parse_count(cell: str) -> int:
    return 0 if cell == "-" else int(cell.replace(",", ""))


def read_table(page: str) -> list[list[str]]:
    """Return the cells of the table in a page, its header first."""
    lines = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]


def _table_lines(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    lines = [f"| {' | '.join(row)} |" for row in cells]
    yield lines[0]
    yield "|" + " --- |" * _EXACT + " ---: |" * (len(cells[0]) - _EXACT)
    yield from lines[1:]


def render_page(results: Sequence[CaseResult], *, spark: str, rows: int) -> str:
    """Return the page of all stages."""
    total = sum(result.rows for result in results)
    differences = [f"- {result.case}: {text}" for result in results for text in result.differences]
    lines = [
        "# Spark ML stages and how each is scored",
        "",
        (
            f"Written by `scripts/parity --rows {rows} --write` on {date.today().isoformat()} with Spark {spark}: "  # noqa: DTZ011
            f"{total:,} rows of {len(results)} pipelines, each scored by Spark's own transform, by the scorer row by row, and "
            "by the scorer as a batch."
        ),
        (
            "Labels are equal; doubles agree within 1e-12 relative or 1e-9 absolute (1e-9 relative where Spark itself sums in "
            "blocks). A refused row raises an error both in Spark and in the scorer. A dropped row is left out by `skip`."
        ),
        (
            "`handleInvalid` and `vectors` list, over all pipelines, the settings of the stage and how Spark stored the "
            "vectors that it read."
        ),
        (
            "The columns on the right count the rows with such a value: `boundary` is a threshold of the model or the next "
            "double to it, `sparse` a vector of mostly zeros."
        ),
        "",
        *_table_lines(table(results)),
        "",
        (
            "`PipelineModel`, `CrossValidatorModel` and `TrainValidationSplitModel` contain stages, and are replaced by them. "
            "How a stage is added: [Add a stage](contributing/add-a-stage.md)."
        ),
        "",
        *(["## Differences", "", *differences, ""] if differences else []),
    ]
    return "\n".join(lines)
