"""How a case was proved: the rows that were compared, by what is special about them, and the table of all stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isinf, isnan
from typing import Any

from parity.case import Case
from parity.known import ALL
from parity.truth import leaves, read_by
from sparkops.scoring import Answer

_NEAR = 1e-9
SETTINGS = ("handleInvalid", "vectors")
COUNTS = ("rows", "refused", "dropped")
DISCRETIZER = "QuantileDiscretizer"
KINDS = ("null", "NaN", "infinite", "boundary", "unseen", "empty", "sparse")


@dataclass(slots=True)
class Proof:
    """What was compared for one case.

    Args:
        case: The case.
        rows: How many rows Spark and the scorer both answered, by row and as a batch.
        refused: Rows that both refused, of those that Spark was asked about.
        dropped: Rows that both dropped.
        kinds: Rows of each kind of value.
        modes: The settings of `handleInvalid` of each stage in the pipeline.
        stored: How Spark stored the vectors that each stage read: dense, sparse.
        differences: What differed.
    """

    case: Case
    rows: int = 0
    refused: int = 0
    dropped: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    modes: dict[str, set[str]] = field(default_factory=dict)
    stored: dict[str, set[str]] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    def see(self, fitted: Any, stored: Mapping[str, set[str]]) -> None:
        """Remember how each stage was set, and how the vectors that it read were stored."""
        for stage in leaves(fitted):
            name = type(stage).__name__
            if stage.hasParam("handleInvalid"):
                self.modes.setdefault(name, set()).add(stage.getOrDefault("handleInvalid"))
            for column in read_by(stage) & set(stored):
                self.stored.setdefault(name, set()).update(stored[column])

    def add(
        self,
        row: Mapping[str, Any],
        answer: Answer,
        edges: Mapping[str, set[float]],
        known: Mapping[str, Sequence[Any]],
    ) -> None:
        """Count one row."""
        self.rows += 1
        self.refused += answer == "refused"
        self.dropped += answer == "dropped"
        self.kinds.update(
            {
                kind
                for name, value in row.items()
                for kind in kinds_of(value, edges.get(name, set()), known.get(name))
            }
        )


_SEEN: tuple[Callable[[Proof], dict[str, set[str]]], ...] = (
    lambda proof: proof.modes,
    lambda proof: proof.stored,
)


def kinds_of(value: Any, edges: set[float], known: Sequence[Any] | None) -> Iterator[str]:
    """Yield what is special about a value of a row."""
    if value is None:
        yield "null"
    elif isinstance(value, list):
        yield from _of_list(value)
    elif isinstance(value, str):
        if not value.strip():
            yield "empty"
        if known is not None and value not in known:
            yield "unseen"
    elif isinstance(value, int | float):
        yield from _of_number(value, edges)


def _of_list(values: Sequence[Any]) -> Iterator[str]:
    if not values:
        yield "empty"
    for item in values:
        yield from kinds_of(item, set(), None)
    if any(isinstance(item, float) for item in values) and values.count(0.0) * 2 > len(values):
        yield "sparse"


def _of_number(value: float, edges: set[float]) -> Iterator[str]:
    if isnan(value):
        yield "NaN"
    elif isinf(value):
        yield "infinite"
    elif any(abs(value - edge) <= _NEAR * abs(edge) for edge in edges):
        yield "boundary"


def table(proofs: Sequence[Proof]) -> list[list[str]]:
    """Return the cells of the table of stages, its header first."""
    rows = [["stage", "scored by", "cases", *SETTINGS, *COUNTS, *KINDS]]
    return [*rows, *(_cells(name, proofs) for name in (*ALL, DISCRETIZER))]


def _cells(name: str, proofs: Sequence[Proof]) -> list[str]:
    own = [proof for proof in proofs if name in proof.case.proves]
    compiled = [proof for proof in own if not proof.case.reason]
    kinds = sum((proof.kinds for proof in compiled), Counter[str]())
    saved = "Bucketizer" if name == DISCRETIZER else name
    seen = compiled if name == DISCRETIZER else [proof for proof in proofs if not proof.case.reason]
    settings = [sorted({each for proof in seen for each in held(proof).get(saved, ())}) for held in _SEEN]
    return [
        f"`{name}`" + (f" (saved as `{saved}`)" if saved != name else ""),
        _tier(compiled, {proof.case.reason for proof in own if proof.case.reason}),
        "; ".join(proof.case.told(name) for proof in compiled),
        *(", ".join(each) or "-" for each in settings),
        *(f"{sum(getattr(proof, count) for proof in compiled):,}" for count in COUNTS),
        *(f"{kinds[kind]:,}" if kinds[kind] else "-" for kind in KINDS),
    ]


def _tier(compiled: Sequence[Proof], reasons: set[str]) -> str:
    if compiled and all(not proof.differences for proof in compiled):
        return "compiled scorer"
    return f"Spark ({'; '.join(sorted(reasons))})" if reasons else "NOT PROVED"


def unlike(told: Sequence[Sequence[str]], proved: Sequence[Sequence[str]]) -> list[str]:
    """Return where the page of stages tells another thing than what was proved on fewer random rows.

    Words must be the same, and the page's rows as many or more; how many of them hold a null is left to chance.
    """
    words = 3 + len(SETTINGS)
    found = [
        f"{page[0]}: {_first(page[:words], own[:words])}"
        for page, own in zip(told, proved, strict=False)
        if list(page[:words]) != list(own[:words])
    ]
    for page, own in zip(told[1:], proved[1:], strict=False):
        if _number(page[words]) < _number(own[words]):
            found.append(f"{own[0]}: {page[words]} rows are told, {own[words]} were proved")
    return found + ([] if len(told) == len(proved) else [f"{len(told)} lines, not {len(proved)}"])


def _first(page: Sequence[str], own: Sequence[str]) -> str:
    return next(
        f"it tells `{more}`, proved is `{less}`" for more, less in zip(page, own, strict=True) if more != less
    )


def _number(cell: str) -> int:
    return 0 if cell == "-" else int(cell.replace(",", ""))


def read_table(page: str) -> list[list[str]]:
    """Return the cells of the table in a page, its header first."""
    lines = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]


def _lines(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    lines = [f"| {' | '.join(row)} |" for row in cells]
    words = 3 + len(SETTINGS)
    yield lines[0]
    yield "|" + " --- |" * words + " ---: |" * (len(cells[0]) - words)
    yield from lines[1:]


def page(proofs: Sequence[Proof], *, spark: str, rows: int) -> str:
    """Return the page of all stages."""
    total = sum(proof.rows for proof in proofs)
    wrong = [f"- {proof.case}: {each}" for proof in proofs for each in proof.differences]
    lines = [
        "# The stages of Spark ML, and how each is scored",
        "",
        (
            f"Made by `scripts/parity --rows {rows} --write` on {date.today().isoformat()} with Spark {spark}: "  # noqa: DTZ011
            f"{total:,} rows of {len(proofs)} pipelines, each scored by Spark's own transform, by the scorer row by row, and "
            "by the scorer as a batch."
        ),
        (
            "Labels are equal, doubles within 1e-12 relative or 1e-9 absolute of each other (1e-9 relative where Spark "
            "itself sums in blocks). A refused row is one that Spark raises at and the scorer too; a dropped one is one that "
            "`skip` leaves out."
        ),
        (
            "`handleInvalid` and `vectors` tell, over all pipelines, how the stage was set and how Spark stored the vectors "
            "that it read."
        ),
        (
            "The columns on the right count the rows that hold such a value: `boundary` is a threshold of the model or a "
            "neighbour of it, `sparse` a vector of mostly zeros."
        ),
        "",
        *_lines(table(proofs)),
        "",
        "`PipelineModel`, `CrossValidatorModel` and `TrainValidationSplitModel` hold stages, and are taken apart.",
        "",
        *(["## Differences", "", *wrong, ""] if wrong else []),
    ]
    return "\n".join(lines)
