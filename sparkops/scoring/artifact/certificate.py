"""Whether the scorer and Spark say the same of a row; and the rows and answers that a certificate keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose, isfinite
from typing import Any

from ..ir.description import Output
from ..protocol import Answer, RowScorer
from ..scorer import Scorer
from .edge_rows import edge_rows

__all__ = [
    "Answer",
    "Difference",
    "compare_answers",
    "dump_cases",
    "edge_rows",
    "find_differences",
    "read_cases",
]

RELATIVE, ABSOLUTE = Scorer.tolerance


@dataclass(frozen=True, slots=True)
class Difference:
    """One output of one row that is not the same.

    Args:
        index: Row.
        output: Output that differs; "" where one side has no answer.
        expected: What Spark says.
        actual: What the scorer says.
        reference: Name of the reference that `expected` comes from.
    """

    index: int
    output: str
    expected: Any
    actual: Any
    reference: str = "Spark"

    def __str__(self) -> str:
        what = f" {self.output}" if self.output else ""
        return f"row {self.index}:{what} is {self.expected!r} in {self.reference} and {self.actual!r} in the scorer"


def compare_answers(
    expected: Sequence[Answer],
    actual: Sequence[Answer],
    outputs: Sequence[Output],
    *,
    rtol: float = RELATIVE,
    atol: float = ABSOLUTE,
) -> list[Difference]:
    """Return where two lists of answers differ.

    Labels and whole predictions are compared exactly, apart from ties that the probabilities prove. Other doubles
    may differ by `rtol` relative, or by `atol` beside a sum that cancels out; NaN equals NaN.

    Args:
        expected: Spark's answers, with Spark's column names.
        actual: The scorer's.
        outputs: What to compare; outputs without a column are passed over.
        rtol: Relative tolerance of doubles.
        atol: Absolute tolerance of doubles.
    """
    compared = [output for output in outputs if output.column is not None]
    exact = any(output.role == "probability" for output in compared)
    found = []
    for index, (theirs, ours) in enumerate(zip(expected, actual, strict=True)):
        if isinstance(theirs, str) or isinstance(ours, str):
            if theirs != ours:
                found.append(Difference(index, "", theirs, ours))
            continue
        tie = _tie(theirs, compared, rtol)
        for output in compared:
            pair = theirs[str(output.column)], ours[output.name]
            if output.role == "set":
                pair = _ordered(pair[0]), _ordered(pair[1])
            classes = output.role in ("prediction", "label") and exact
            same = _same(*pair, 0.0, 0.0) or tie if classes else _same(*pair, rtol, atol)
            if not same:
                found.append(Difference(index, output.name, *pair))
    return found


def dump_cases(cases: Iterable[tuple[Mapping[str, Any], Answer]]) -> str:
    """Return rows and answers as JSON lines; NaN and infinities survive as {"$double": "nan"}."""
    lines = (
        json.dumps({"row": _encode(dict(row)), "answer": _encode(answer)}, allow_nan=False)
        for row, answer in cases
    )
    return "".join(f"{line}\n" for line in lines)


def read_cases(text: str, *, about: int | None = None) -> list[tuple[dict[str, Any], Answer]]:
    """Return what `dump_cases` wrote, or about so many of it, spread evenly."""
    lines = [line for line in text.split("\n") if line]
    asked = lines[:: max(1, len(lines) // about)] if about else lines
    items = (json.loads(line, object_hook=_decode) for line in asked)
    return [(item["row"], item["answer"]) for item in items]


def find_differences(
    scorer: RowScorer,
    cases: Sequence[tuple[Mapping[str, Any], Answer]],
) -> list[Difference]:
    """Answer each case anew and return where the answers differ from the ones kept by more than the scorer's tolerance."""
    kept = [answer for _, answer in cases]
    outputs = [
        output
        for output in scorer.outputs
        if all(isinstance(answer, str) or output.column in answer for answer in kept)
    ]
    rtol, atol = scorer.tolerance
    found = compare_answers(kept, [scorer.answer(row) for row, _ in cases], outputs, rtol=rtol, atol=atol)
    return [replace(each, reference=scorer.reference) for each in found]


def _ordered(items: Any) -> Any:
    return items if items is None else sorted(items, key=repr)


def _same(theirs: Any, ours: Any, rtol: float, atol: float) -> bool:
    if isinstance(theirs, list | tuple):
        return (
            isinstance(ours, list | tuple)
            and len(theirs) == len(ours)
            and all(_same(*pair, rtol, atol) for pair in zip(theirs, ours, strict=True))
        )
    if isinstance(theirs, float) and isinstance(ours, float):
        both_nan = theirs != theirs and ours != ours  # noqa: PLR0124
        return both_nan or theirs == ours or isclose(theirs, ours, rel_tol=rtol, abs_tol=atol)
    return bool(theirs == ours)


def _tie(answer: Mapping[str, Any], outputs: Sequence[Output], rtol: float) -> bool:
    """Return whether the two largest probabilities are the same number, but for the order of a sum."""
    for output in outputs:
        values = answer.get(str(output.column)) if output.role == "probability" else None
        if values is not None and len(values) > 1:
            first, second = sorted(values, reverse=True)[:2]
            return first != second and isclose(first, second, rel_tol=rtol)
    return False


def _encode(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return {"$double": repr(value)}
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value


def _decode(item: dict[str, Any]) -> Any:
    return float(item["$double"]) if set(item) == {"$double"} else item
