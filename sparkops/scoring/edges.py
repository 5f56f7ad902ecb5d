"""Rows at the edges of a model: what each field may hold where the answer changes, or there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, zip_longest
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from .code import Code
from .description import Description
from .field import REALS, WHOLE_RANGES, Field
from .row_code import write

_UNSEEN = "\u2205 never seen"
_MOST_BOUNDARIES = 40


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
    code = write(description)
    bases = [{field.name: row[field.name] for field in description.fields} for row in sampled]
    bases = [row for row in bases if not any(_is_missing(value) for value in row.values())] or bases
    bases = bases or [_plain_row(description, code)]
    edges = ([(field.name, value) for value in _edges(field, code)] for field in description.fields)
    turns = (pair for turn in zip_longest(*edges) for pair in turn if pair is not None)
    return [{**bases[at % len(bases)], name: value} for at, (name, value) in enumerate(islice(turns, limit))]


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124


def _plain_row(description: Description, code: Code) -> dict[str, Any]:
    return {field.name: next(_values(field, code), None) for field in description.fields}


def _edges(field: Field, code: Code) -> Iterator[Any]:
    nulls = [None] if field.nullable else []
    return chain(nulls, _values(field, code))


def _values(field: Field, code: Code) -> Iterator[Any]:
    known = code.known.get(field.name, ())
    if field.type == "boolean":
        return iter((True, False))
    if field.type == "string":
        return iter((*known[:1], _UNSEEN, "", "null", *known[1:]))
    if field.type == "vector":
        size = field.size or 0
        return iter([[fill] * size for fill in (0.0, nan, inf, -inf, 1.0)])
    special = (0, -1, 1) if field.type in WHOLE_RANGES else (0.0, nan, inf, -inf, -0.0)
    boundaries = sorted(value for value in code.edges.get(field.name, ()) if isfinite(value))
    spread = boundaries[:: max(1, len(boundaries) // _MOST_BOUNDARIES + 1)]
    near = chain.from_iterable(_near(field, value) for value in spread)
    ends = (-WHOLE_RANGES[field.type], WHOLE_RANGES[field.type] - 1) if field.type in WHOLE_RANGES else ()
    return chain(special, known[:20], near, ends)


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
