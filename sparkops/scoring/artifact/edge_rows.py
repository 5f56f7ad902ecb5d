"""Rows at the edges of a model: what each field may hold where the answer changes, or there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, islice, zip_longest
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Scalar
from ..ir.description import Description
from ..ir.field import REALS, WHOLE_RANGES, Field
from ..row_function import generate_code

_SOME = {
    "date": (date(1970, 1, 1), date(2024, 2, 29), date(1582, 10, 15), date(1900, 3, 1)),
    "timestamp": (datetime(1970, 1, 1), datetime(2024, 2, 29, 23, 59, 59, 999999)),  # noqa: DTZ001
}
_UNSEEN = "\u2205 never seen"
# Spaces that Java or Python alone counts as such, letters whose lower case depends on what is near, double units.
_TEXTS = (
    " ",
    "  a  b ",
    "\ta\nb\x0bc\x0cd\re\r\nf\x1cg\x85h\xa0i\u2003j\u2028k",
    "\u0130I\u0131 \u00df\u1e9e \u01c5 \u212a \ufb01",
    "\u039f\u03a3 \u03a3 \u0391\u03a3. \u0391\u03a3-\u0391 \u0391\u03a3.\u0391 \u0391.\u03a3 \u0391\u0301\u03a3\u0301 1\u03a3 \u03a3\u03a31\u03a3",
    "\U0001f600 \U00010400x\U0001f600 e\u0301 \u2c2f",
    "don't--stop,e.g. 3.14%/x_y [a](b){c}^d$ \\ A&B;c:d!?@#*+=<>|~`\"'",
)
_MOST_BOUNDARIES = 40
_TAME = 1e6  # what is put into a field whose odd and huge numbers have no one answer stays below this


def edge_rows(
    description: Description, sampled: Sequence[Mapping[str, Any]], *, limit: int = 200
) -> list[dict[str, Any]]:
    """Return rows that differ from sampled ones in one field, which stands at an edge.

    Nulls, NaN, infinities, signed zeros, unseen and every known text, and each boundary of the model with its
    neighbours, in turn for every field. Each row is well typed: Spark can hold it in the fields' schema.

    Args:
        description: The compiled model.
        sampled: Real rows; each edge is put into one of them. Without any, plain values are made.
        limit: Most rows to return.
    """
    code = generate_code(description)
    bases = [{field.name: row[field.name] for field in description.fields} for row in sampled]
    bases = [row for row in bases if not any(_is_missing(value) for value in row.values())] or bases
    bases = bases or [_plain_row(description, code)]
    edges = ([(field.name, value) for value in _edges(field, code)] for field in description.fields)
    turns = (pair for turn in zip_longest(*edges) for pair in turn if pair is not None)
    return [{**bases[at % len(bases)], name: value} for at, (name, value) in enumerate(islice(turns, limit))]


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124


def _plain_row(description: Description, code: CodeWriter) -> dict[str, Any]:
    return {field.name: next(_values(field, code), None) for field in description.fields}


def _edges(field: Field, code: CodeWriter) -> Iterator[Any]:
    nulls = [None] if field.nullable else []
    return chain(nulls, _values(field, code))


def _values(field: Field, code: CodeWriter) -> Iterator[Any]:
    known, doubted = code.known_values.get(field.name, ()), field.name in code.ambiguous_fields
    if field.type == "boolean":
        return iter((True, False))
    if field.type == "string":
        texts = (*_TEXTS, " ".join(known)) if _is_cut(field, code) else ()
        return iter((*known[:1], _UNSEEN, "", "null", *texts, *known[1:]))
    if field.type == "vector":
        made = _vectors(field.size or 0)
        return (row for row in made if all(abs(slot) < _TAME for slot in row)) if doubted else made
    if field.type in _SOME:
        return iter(_SOME[field.type])
    if field.type.startswith("array<"):
        inner = Field(field.name, field.type[6:-1])
        items = list(islice(chain([None], known, _values(inner, CodeWriter())), 12))
        return iter([[], items, *([item] for item in items), items[::-1]])
    odd = () if doubted else (nan, inf, -inf)
    special = (0, -1, 1) if field.type in WHOLE_RANGES else (0.0, *odd, -0.0)
    boundaries = sorted(value for value in code.boundaries.get(field.name, ()) if isfinite(value))
    spread = boundaries[:: max(1, len(boundaries) // _MOST_BOUNDARIES + 1)]
    near = chain.from_iterable(_near(field, value) for value in spread)
    limit = WHOLE_RANGES.get(field.type, 0)
    return chain(special, known[:20], near, (-limit, limit - 1) if limit and not doubted else ())


def _is_cut(field: Field, code: CodeWriter) -> bool:
    """Tell whether some step makes words of the field."""
    columns = [column for column in code.columns.values() if isinstance(column, Scalar)]
    return any(column.type == "array<string>" and column.field == field.name for column in columns)


def _vectors(size: int) -> Iterator[list[float]]:
    """Return vectors of one number, and zeros with one slot that is odd."""
    for fill in (0.0, 1.0, -1.0, nan, inf, -inf, -0.0):
        yield [fill] * size
    for at, odd in enumerate((1.0, -2.5, nan, inf, -inf, 1e-300, 1e300)):
        yield [odd if place == at % max(1, size) else 0.0 for place in range(size)]


def _near(field: Field, value: float) -> Iterator[Any]:
    """Return a boundary and its neighbours in the field's own type."""
    if field.type in REALS:
        kind = np.float32 if field.type == "float" else np.float64
        with np.errstate(over="ignore"):
            own = kind(value)
            sides = (own, np.nextafter(own, kind(inf)), np.nextafter(own, kind(-inf)))
        yield from (float(side) for side in sides)
        return
    limit = WHOLE_RANGES[field.type]
    low = int(np.floor(value))
    yield from (whole for whole in (low, low + 1, low - 1) if -limit <= whole < limit)
