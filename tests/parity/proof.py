"""How a case was proved: the rows that were compared, by what is special about them, and the table of all stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isinf, isnan
from typing import Any

from parity.case import Case
from parity.known import ALL
from sparkops.scoring import Answer

_NEAR = 1e-9
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
        differences: What differed.
    """

    case: Case
    rows: int = 0
    refused: int = 0
    dropped: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

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


def table(proofs: Iterable[Proof]) -> Iterator[str]:
    """Yield the Markdown lines of the table of stages."""
    found: dict[str, list[Proof]] = {}
    for proof in proofs:
        found.setdefault(_name(proof.case), []).append(proof)
    yield "| stage | scored by | cases | rows | refused | dropped | " + " | ".join(KINDS) + " |"
    yield "| --- | --- | --- |" + " ---: |" * (3 + len(KINDS))
    for name in (*ALL, "QuantileDiscretizer"):
        own = found.get(name, [])
        reasons = {proof.case.reason for proof in own if proof.case.reason}
        compiled = [proof for proof in own if not proof.case.reason]
        kinds = sum((proof.kinds for proof in compiled), Counter[str]())
        cells = [
            f"`{name}`" + (" (saved as `Bucketizer`)" if name == "QuantileDiscretizer" else ""),
            _tier(compiled, reasons),
            "; ".join(proof.case.name for proof in compiled),
            *(
                f"{sum(getattr(proof, count) for proof in compiled):,}"
                for count in ("rows", "refused", "dropped")
            ),
            *(f"{kinds[kind]:,}" if kinds[kind] else "-" for kind in KINDS),
        ]
        yield f"| {' | '.join(cells)} |"


def _name(case: Case) -> str:
    return "QuantileDiscretizer" if "QuantileDiscretizer" in case.name else case.stage


def _tier(compiled: Sequence[Proof], reasons: set[str]) -> str:
    if compiled and all(not proof.differences for proof in compiled):
        return "compiled scorer"
    return f"Spark ({'; '.join(sorted(reasons))})" if reasons else "NOT PROVED"


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
            "The columns on the right count the rows that hold such a value: `boundary` is a threshold of the model or a "
            "neighbour of it, `sparse` a vector of mostly zeros."
        ),
        "",
        *table(proofs),
        "",
        "`PipelineModel`, `CrossValidatorModel` and `TrainValidationSplitModel` hold stages, and are taken apart.",
        "",
        *(["## Differences", "", *wrong, ""] if wrong else []),
    ]
    return "\n".join(lines)
