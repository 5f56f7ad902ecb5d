"""Comparison of the scorer's answers with Spark's, and the rows and answers of a parity certificate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import isclose, isfinite
from pathlib import Path
from typing import Any

from ...core.bounded_file import read_text
from ...core.wording import truncate
from ...errors import DamagedModel
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
    "read_certificate",
]

# Bytes of a certificate, and characters of what is wrong with it.
_MAX_BYTES, _MAX_REASON = 2**26, 300
_NO_ANSWERS = ("dropped", "refused")
RELATIVE, ABSOLUTE = Scorer.tolerance


@dataclass(frozen=True, slots=True)
class Difference:
    """An output of a row that differs.

    Args:
        index: Position of the row.
        output: The output; "" where one side has no answer.
        expected: Value of the reference.
        actual: Value of the scorer.
        reference: Name of the reference that `expected` comes from.
    """

    index: int
    output: str
    expected: Any
    actual: Any
    reference: str = "Spark"

    def __str__(self) -> str:
        output = f" {self.output}" if self.output else ""
        return f"row {self.index}:{output} is {self.expected!r} in {self.reference} and {self.actual!r} in the scorer"


def compare_answers(
    expected: Sequence[Answer],
    actual: Sequence[Answer],
    outputs: Sequence[Output],
    *,
    rtol: float = RELATIVE,
    atol: float = ABSOLUTE,
) -> list[Difference]:
    """Return where two lists of answers differ.

    Labels and predicted classes are compared exactly, except for ties that the probabilities prove. Other doubles may
    differ by `rtol` relative or `atol` absolute, for sums that cancel out. NaN equals NaN.

    Args:
        expected: Answers of the reference, by Spark's column names.
        actual: Answers of the scorer.
        outputs: Outputs to compare; those without a column are skipped.
        rtol: Relative tolerance of doubles.
        atol: Absolute tolerance of doubles.
    """
    compared = [output for output in outputs if output.column is not None]
    has_probability = any(output.role == "probability" for output in compared)
    differences = []
    for index, (reference, answer) in enumerate(zip(expected, actual, strict=True)):
        if isinstance(reference, str) or isinstance(answer, str):
            if reference != answer:
                differences.append(Difference(index, "", reference, answer))
            continue
        is_tie = _is_tie(reference, compared, rtol)
        for output in compared:
            pair = _sort_sets(output, reference[str(output.column)], answer[output.name])
            if has_probability and output.role in ("prediction", "label"):
                is_same = is_tie or _is_same(*pair, 0.0, 0.0)
            else:
                is_same = _is_same(*pair, rtol, atol)
            if not is_same:
                differences.append(Difference(index, output.name, *pair))
    return differences


def _sort_sets(output: Output, reference: Any, answer: Any) -> tuple[Any, Any]:
    """Return two values of an output, sorted where its order has no meaning."""
    return (_sort_items(reference), _sort_items(answer)) if output.role == "set" else (reference, answer)


def dump_cases(cases: Iterable[tuple[Mapping[str, Any], Answer]]) -> str:
    """Return rows and answers as JSON lines.

    NaN and infinities survive as {"$double": "nan"}; dates and timestamps are ISO text, decimals text.
    """
    lines = (
        json.dumps({"row": _encode(dict(row)), "answer": _encode(answer)}, allow_nan=False)
        for row, answer in cases
    )
    return "".join(f"{line}\n" for line in lines)


def read_cases(text: str, *, about: int | None = None) -> list[tuple[dict[str, Any], Answer]]:
    """Return the cases that `dump_cases` wrote.

    Args:
        text: The JSON lines.
        about: Return about this many cases, evenly spaced; None returns all.
    """
    lines = [line for line in text.split("\n") if line]
    selected = lines[:: max(1, len(lines) // about)] if about else lines
    items = (json.loads(line, object_hook=_decode) for line in selected)
    return [(item["row"], item["answer"]) for item in items]


def read_certificate(file: Path, *, about: int | None = None) -> list[tuple[dict[str, Any], Answer]]:
    """Return the cases of a certificate's file, see `read_cases`.

    Raises:
        DamagedModel: It cannot be read, or contains something else.
    """
    try:
        cases = read_cases(read_text(file, _MAX_BYTES), about=about)
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise DamagedModel(f"{file} is damaged: {truncate(repr(error), _MAX_REASON)}") from None
    for row, answer in cases:
        if not isinstance(row, dict) or not (isinstance(answer, dict) or answer in _NO_ANSWERS):
            raise DamagedModel(f"{file} is damaged: it contains a line that is not a row with an answer.")
    return cases


def find_differences(
    scorer: RowScorer,
    cases: Sequence[tuple[Mapping[str, Any], Answer]],
) -> list[Difference]:
    """Score the row of each case and return where the answer differs by more than the scorer's tolerance."""
    expected = [answer for _, answer in cases]
    outputs = [
        output
        for output in scorer.outputs
        if all(isinstance(answer, str) or output.column in answer for answer in expected)
    ]
    rtol, atol = scorer.tolerance
    actual = [scorer.answer(row) for row, _ in cases]
    differences = compare_answers(expected, actual, outputs, rtol=rtol, atol=atol)
    return [replace(difference, reference=scorer.reference) for difference in differences]


def _sort_items(items: Any) -> Any:
    return items if items is None else sorted(items, key=repr)


def _is_same(reference: Any, answer: Any, rtol: float, atol: float) -> bool:
    if isinstance(reference, list | tuple):
        return (
            isinstance(answer, list | tuple)
            and len(reference) == len(answer)
            and all(_is_same(*pair, rtol, atol) for pair in zip(reference, answer, strict=True))
        )
    if isinstance(reference, float) and isinstance(answer, float):
        both_nan = reference != reference and answer != answer  # noqa: PLR0124
        return both_nan or reference == answer or isclose(reference, answer, rel_tol=rtol, abs_tol=atol)
    if isinstance(reference, str | Decimal) and isinstance(answer, float):
        # A decimal, which the scorer holds as the double that Spark's stages read.
        return _is_same_decimal(reference, answer, rtol, atol)
    return bool(reference == answer or _to_text(reference) == _to_text(answer))


def _is_same_decimal(reference: str | Decimal, answer: float, rtol: float, atol: float) -> bool:
    try:
        return isclose(float(reference), answer, rel_tol=rtol, abs_tol=atol)
    except ValueError:
        return False


def _is_tie(answer: Mapping[str, Any], outputs: Sequence[Output], rtol: float) -> bool:
    """Return whether the two largest probabilities differ, but by no more than rounding."""
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
    return _to_text(value)


def _to_text(value: Any) -> Any:
    """Return a date, timestamp or decimal as the text that a certificate holds; other values unchanged."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _decode(item: dict[str, Any]) -> Any:
    return float(item["$double"]) if set(item) == {"$double"} else item
