"""Columns of a batch, from arrays or rows to the types of the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import RowError
from ..ir.arrays import Numbers
from ..ir.field import NUMBERS, REALS, SPARSE_FROM, WHOLE_RANGES, Field
from ..ir.row_fields import check_row_fields
from .columns import DenseBlock, ScalarColumn, SparseBlock, VectorColumn
from .dictionary_column import DictionaryColumn

Columns = Mapping[str, Any]
_OBJECTS = frozenset(("vector", "date", "timestamp"))
_NUMERIC = frozenset((*NUMBERS, "boolean"))


def columns_of(
    data: Columns | Sequence[Mapping[str, Any]],
    fields: tuple[Field, ...],
    ignored: tuple[str, ...],
    extra: str,
) -> tuple[Columns, int]:
    """Return data by column, and the number of rows.

    Raises:
        RowError: A field is missing, or one is not known, or columns have several lengths.
    """
    names = tuple(field.name for field in fields)
    if not isinstance(data, Mapping):
        return _turn(data, names, ignored, extra)
    known = {name: data[name] for name in names if name in data} if extra == "ignore" else data
    check_row_fields(known, names, ignored)
    sizes = {len(data[name]) for name in names}
    if len(sizes) > 1:
        raise RowError(f"Columns of one batch have one length, not {sorted(sizes)}.")
    return data, sizes.pop() if sizes else 0


def _turn(
    rows: Sequence[Mapping[str, Any]], names: tuple[str, ...], ignored: tuple[str, ...], extra: str
) -> tuple[Columns, int]:
    for at, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise RowError(
                f"Row {at}: a row is a mapping of field names to values, not {type(row).__name__}."
            )
        if len(row) != len(names) or any(name not in row for name in names):
            try:
                check_row_fields(
                    {k: row[k] for k in row if k in names} if extra == "ignore" else row, names, ignored
                )
            except RowError as error:
                raise RowError(f"Row {at}: {error}", field=error.field, value=error.value) from None
    return {name: [row[name] for row in rows] for name in names}, len(rows)


def read(field: Field, values: Any, start: int, stop: int) -> ScalarColumn | VectorColumn | None:
    """Return a slice of a column in the field's own type; None when some value cannot be read.

    Masked entries are null; so is None in an object array, and NaN in a float array of a whole-number field.
    """
    part = values[start:stop]
    if isinstance(part, DictionaryColumn):
        return _coded(field, part)
    if not isinstance(part, np.ndarray):
        return _listed(field, part)
    null = np.ma.getmaskarray(part) if isinstance(part, np.ma.MaskedArray) else None
    plain: Numbers = np.asarray(part)
    fast = _fast(field, plain, null)
    if fast is not None:
        return fast
    items = part.tolist() if plain.ndim == 1 else list(plain)
    if field.type in WHOLE_RANGES and plain.dtype.kind == "f":
        items = [None if item != item else item for item in items]  # noqa: PLR0124
    return _listed(field, items)


def value_at(field: Field, values: Any, at: int) -> Any:
    """Return one value of a column as a row would hold it."""
    value = values[at]
    if value is np.ma.masked:
        return None
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if field.type in WHOLE_RANGES and isinstance(value, float) and value != value:  # noqa: PLR0124
        return None
    return value


def _coded(field: Field, part: DictionaryColumn) -> ScalarColumn | VectorColumn | None:
    values, classes = part.dictionary.take(part.indices), {*map(type, part.dictionary.tolist())}
    plain = {str, type(None)} if field.nullable else {str}
    if field.type == "string" and classes <= plain:
        return ScalarColumn(values, dictionary=part)
    return _listed(field, values.tolist())


def _fast(field: Field, values: Numbers, null: Numbers | None) -> ScalarColumn | None:
    if null is not None and null.any() and not field.nullable:
        return None
    kind = values.dtype.kind
    if field.type in REALS and kind in "fiu":
        wide = values.astype(np.float64)
        single = field.type == "float"
        if single and (np.abs(wide[np.isfinite(wide)]) > np.finfo(np.float32).max).any():
            return None
        return ScalarColumn(wide.astype(np.float32).astype(np.float64) if single else wide, null)
    if field.type in WHOLE_RANGES and kind in "iu" and values.dtype != np.uint64:
        limit = WHOLE_RANGES[field.type]
        wide = values.astype(np.int64)
        good = limit == 2**63 or not ((wide < -limit) | (wide >= limit)).any()
        return ScalarColumn(wide, null) if good else None
    if field.type == "boolean" and kind == "b":
        return ScalarColumn(values, null)
    return None


def _listed(field: Field, items: Sequence[Any]) -> ScalarColumn | VectorColumn | None:
    """Return Python values as a column: all at once where their classes are plain, else one by one."""
    classes = set(map(type, items))
    none = type(None) in classes
    classes.discard(type(None))
    if (
        field.type in _OBJECTS
        or field.type.startswith("array<")
        or not classes <= _plain(field)
        or (none and not field.nullable)
    ):
        return _slow(field, items)
    if field.type == "string":
        return ScalarColumn(_objects(items))
    null = np.fromiter((item is None for item in items), dtype=bool, count=len(items)) if none else None
    filled = [0 if item is None else item for item in items] if none else items
    try:
        return _fast(field, np.array(filled, dtype=_dtype(field)), null)
    except OverflowError:
        return _slow(field, items)


def _objects(items: Sequence[Any]) -> Numbers:
    return np.fromiter(items, dtype=object, count=len(items))


def _vectors(field: Field, items: Sequence[Any]) -> DenseBlock | SparseBlock:
    size, count = field.size or 0, len(items)
    if size < SPARSE_FROM:
        full = np.array([(0.0,) * size if item is None else item for item in items], dtype=np.float64)
        return DenseBlock(full.reshape(count, size))
    lengths = [0 if item is None else len(item) for item in items]
    pairs = [pair for item in items if item for pair in item.items()]
    slots = np.array([at for at, _ in pairs], dtype=np.int64)
    values = np.array([value for _, value in pairs], dtype=np.float64)
    return SparseBlock(np.repeat(np.arange(count), lengths), slots, values, size, count)


def _plain(field: Field) -> set[type]:
    if field.type in REALS:
        return {float, int}
    single: dict[str, type] = {"string": str, "boolean": bool}
    return {single.get(field.type, int)}


def _dtype(field: Field) -> type:
    return np.float64 if field.type in REALS else (bool if field.type == "boolean" else np.int64)


def _slow(field: Field, items: Sequence[Any]) -> ScalarColumn | VectorColumn | None:
    reader = field.reader()
    try:
        clean = [reader(item) for item in items]
    except RowError:
        return None
    if field.type != "vector" and (field.type == "string" or field.type not in _NUMERIC):
        return ScalarColumn(_objects(clean))
    null = np.fromiter((item is None for item in clean), dtype=bool, count=len(clean))
    mask = null if null.any() else None
    if field.type == "vector":
        return VectorColumn((_vectors(field, clean),), mask)
    return ScalarColumn(np.array([0 if item is None else item for item in clean], dtype=_dtype(field)), mask)
