"""Edge rows of a model: values where the answer changes, or where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice, zip_longest
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from ...core.type_names import parse_decimal_digits, parse_element_type
from ..codegen.code_writer import CodeWriter
from ..codegen.symbols import Scalar
from ..ir.description import Description
from ..ir.field import FLOATING_TYPES, INTEGER_RANGES, Field
from ..row_function import generate_code

_SAMPLES = {
    "date": (date(1970, 1, 1), date(2024, 2, 29), date(1582, 10, 15), date(1900, 3, 1)),
    "timestamp": (datetime(1970, 1, 1), datetime(2024, 2, 29, 23, 59, 59, 999999)),  # noqa: DTZ001
}
_UNSEEN = "\u2205 never seen"
# White space that only Java or only Python recognizes, letters whose lower case depends on their neighbours, surrogate
# pairs.
_SPECIAL_TEXTS = (
    " ",
    "  a  b ",
    "\ta\nb\x0bc\x0cd\re\r\nf\x1cg\x85h\xa0i\u2003j\u2028k",
    "\u0130I\u0131 \u00df\u1e9e \u01c5 \u212a \ufb01",
    (
        "\u039f\u03a3 \u03a3 \u0391\u03a3. \u0391\u03a3-\u0391 \u0391\u03a3.\u0391 \u0391.\u03a3 "
        "\u0391\u0301\u03a3\u0301 1\u03a3 \u03a3\u03a31\u03a3"
    ),
    "\U0001f600 \U00010400x\U0001f600 e\u0301 \u2c2f",
    "don't--stop,e.g. 3.14%/x_y [a](b){c}^d$ \\ A&B;c:d!?@#*+=<>|~`\"'",
)
_MAX_BOUNDARIES = 40
# Number of edge values in the longest array.
_ARRAY_ITEMS = 12
# Limit of the numbers for a field whose NaN, infinities and huge numbers have no single answer in Spark.
_UNAMBIGUOUS_LIMIT = 1e6


def edge_rows(
    description: Description, sampled: Sequence[Mapping[str, Any]], *, limit: int = 200
) -> list[dict[str, Any]]:
    """Return rows that differ from sampled ones in one field, which has an edge value.

    Edge values are null, NaN, infinities, signed zeros, unseen and all known texts, and each boundary of the model with
    its neighbours. They are taken from all fields in turn. Each row fits the fields' schema in Spark.

    Args:
        description: The compiled model.
        sampled: Real rows; each edge value replaces a value in one of them. If empty, a row of default values is used.
        limit: Maximum number of rows.
    """
    code = generate_code(description)
    bases = [{field.name: row[field.name] for field in description.fields} for row in sampled]
    bases = [row for row in bases if not any(_is_missing(value) for value in row.values())] or bases
    bases = bases or [_build_default_row(description, code)]
    edge_values = (
        [(field.name, value) for value in _iterate_edge_values(field, code)] for field in description.fields
    )
    turns = (pair for turn in zip_longest(*edge_values) for pair in turn if pair is not None)
    return [
        {**bases[index % len(bases)], name: value} for index, (name, value) in enumerate(islice(turns, limit))
    ]


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124


def _build_default_row(description: Description, code: CodeWriter) -> dict[str, Any]:
    return {field.name: next(_iterate_values(field, code), None) for field in description.fields}


def _iterate_edge_values(field: Field, code: CodeWriter) -> Iterator[Any]:
    nulls = [None] if field.nullable else []
    return chain(nulls, _iterate_values(field, code))


def _iterate_values(field: Field, code: CodeWriter) -> Iterator[Any]:
    known, is_ambiguous = code.known_values.get(field.name, ()), field.name in code.ambiguous_fields
    if field.type == "boolean":
        return iter((True, False))
    if field.type == "string":
        texts = (*_SPECIAL_TEXTS, " ".join(known)) if _is_tokenized(field, code) else ()
        return iter((*known[:1], _UNSEEN, "", "null", *texts, *known[1:]))
    if field.type == "vector":
        vectors = _iterate_edge_vectors(field.size or 0)
        return (
            (row for row in vectors if all(abs(slot) < _UNAMBIGUOUS_LIMIT for slot in row))
            if is_ambiguous
            else vectors
        )
    if field.type in _SAMPLES:
        return iter(_SAMPLES[field.type])
    element = parse_element_type(field.type)
    if element is not None:
        values = _iterate_values(Field(field.name, element), CodeWriter())
        items = list(islice(chain([None], known, values), _ARRAY_ITEMS))
        return iter([[], items, *([item] for item in items), items[::-1]])
    return _iterate_edge_numbers(field, code, known, is_ambiguous=is_ambiguous)


def _iterate_edge_decimals(type_: str) -> Iterator[Decimal]:
    """Yield zero, the largest and the smallest values of a type."""
    precision, scale = parse_decimal_digits(type_) or (1, 0)
    largest = Decimal((0, (9,) * precision, -scale))
    yield from (Decimal(0), largest, -largest, Decimal(1).scaleb(-scale))


def _iterate_edge_numbers(
    field: Field, code: CodeWriter, known: Sequence[Any], *, is_ambiguous: bool
) -> Iterator[Any]:
    if field.type.startswith("decimal("):
        return _iterate_edge_decimals(field.type)
    non_finite = () if is_ambiguous else (nan, inf, -inf)
    special = (0, -1, 1) if field.type in INTEGER_RANGES else (0.0, *non_finite, -0.0)
    boundaries = sorted(value for value in code.boundaries.get(field.name, ()) if isfinite(value))
    sampled = boundaries[:: max(1, len(boundaries) // _MAX_BOUNDARIES + 1)]
    neighbours = chain.from_iterable(_iterate_neighbours(field, value) for value in sampled)
    limit = INTEGER_RANGES.get(field.type, 0)
    return chain(special, known[:20], neighbours, (-limit, limit - 1) if limit and not is_ambiguous else ())


def _is_tokenized(field: Field, code: CodeWriter) -> bool:
    """Return whether a step splits the field into tokens."""
    columns = [column for column in code.columns.values() if isinstance(column, Scalar)]
    return any(column.type == "array<string>" and column.field == field.name for column in columns)


def _iterate_edge_vectors(size: int) -> Iterator[list[float]]:
    """Yield vectors of one repeated number, and zeros with one special value."""
    for fill in (0.0, 1.0, -1.0, nan, inf, -inf, -0.0):
        yield [fill] * size
    for index, special in enumerate((1.0, -2.5, nan, inf, -inf, 1e-300, 1e300)):
        yield [special if slot == index % max(1, size) else 0.0 for slot in range(size)]


def _iterate_neighbours(field: Field, value: float) -> Iterator[Any]:
    """Yield a boundary and its neighbours in the type of the field."""
    if field.type in FLOATING_TYPES:
        float_type = np.float32 if field.type == "float" else np.float64
        with np.errstate(over="ignore"):
            rounded = float_type(value)
            numbers = (
                rounded,
                np.nextafter(rounded, float_type(inf)),
                np.nextafter(rounded, float_type(-inf)),
            )
        yield from (float(number) for number in numbers)
        return
    limit = INTEGER_RANGES[field.type]
    low = int(np.floor(value))
    yield from (number for number in (low, low + 1, low - 1) if -limit <= number < limit)
