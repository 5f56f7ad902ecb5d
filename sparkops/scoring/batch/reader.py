"""Conversion of the data of a batch to columns in the types of the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np

from ...errors import RowError
from ..ir.arrays import Numbers
from ..ir.field import FLOATING_TYPES, INTEGER_RANGES, NUMERIC_TYPES, SPARSE_FROM, Field, SparseSlots
from ..ir.row_fields import check_row_fields, flatten_structs, get_struct_field
from .columns import DenseBlock, ScalarColumn, SparseBlock, VectorColumn
from .dictionary_column import DictionaryColumn

Columns = Mapping[str, Any]
_OBJECTS = frozenset(("vector", "date", "timestamp"))
_NUMERIC = frozenset((*NUMERIC_TYPES, "boolean"))
# NumPy returns times of microseconds as datetimes, and times of nanoseconds, as pandas has them, as integers.
_TIME = np.dtype("datetime64[us]")


def to_columns(
    data: Columns | Sequence[Mapping[str, Any]],
    fields: tuple[Field, ...],
    ignored: tuple[str, ...],
    extra: str,
) -> tuple[Columns, int]:
    """Return data as columns, and the number of rows.

    Args:
        data: Columns by name, or rows.
        fields: Fields of the model.
        ignored: Other fields of the signature, which the data may have.
        extra: "ignore" drops all other names, "refuse" raises an error for them.

    Raises:
        RowError: A field is missing or unknown, or columns differ in length.
    """
    names = tuple(field.name for field in fields)
    if not isinstance(data, Mapping):
        return _transpose(data, names, ignored, extra)
    data = _flatten_columns(data, names)
    known = {name: data[name] for name in names if name in data} if extra == "ignore" else data
    check_row_fields(known, names, ignored)
    sizes = {count_rows(data[name]) for name in names}
    if len(sizes) > 1:
        raise RowError(f"The columns of a batch must have the same length, not {sorted(sizes)}.")
    return data, sizes.pop() if sizes else 0


def _flatten_row(index: int, row: Any, names: Sequence[str]) -> Any:
    try:
        return flatten_structs(row, names) if isinstance(row, Mapping) else row
    except RowError as error:
        raise error.at_row(index) from None


def _flatten_columns(data: Columns, names: Sequence[str]) -> Columns:
    """Return columns with the fields of columns of structs under their paths."""
    paths = [name for name in names if "." in name and name not in data and name.partition(".")[0] in data]
    if not paths:
        return data
    structs = {path: (path.partition(".")[0], path.partition(".")[2]) for path in paths}
    cells = {
        path: [get_struct_field(value, inner) for value in _to_list(data[root])]
        for path, (root, inner) in structs.items()
    }
    return {**data, **cells}


def _to_list(values: Any) -> Sequence[Any]:
    items: Sequence[Any] = values.tolist() if isinstance(values, np.ndarray) else values
    return items


def count_rows(values: Any) -> int:
    """Return the number of rows of a column; a sparse matrix of SciPy has no length."""
    return int(values.shape[0]) if hasattr(values, "tocsr") else len(values)


def _transpose(
    rows: Sequence[Mapping[str, Any]], names: tuple[str, ...], ignored: tuple[str, ...], extra: str
) -> tuple[Columns, int]:
    if any("." in name for name in names):
        rows = [_flatten_row(index, row, names) for index, row in enumerate(rows)]
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise RowError(
                f"Row {index}: a row is a mapping of field names to values, not {type(row).__name__}."
            )
        if len(row) != len(names) or any(name not in row for name in names):
            try:
                check_row_fields(
                    {name: row[name] for name in row if name in names} if extra == "ignore" else row,
                    names,
                    ignored,
                )
            except RowError as error:
                raise error.at_row(index) from None
    return {name: [row[name] for row in rows] for name in names}, len(rows)


def read_slice(field: Field, values: Any, start: int, stop: int) -> ScalarColumn | VectorColumn | None:
    """Return a slice of a column converted to the type of its field; None if some value cannot be converted.

    Masked entries are null, as are None in an object array and NaN in a float array of an integer field.
    """
    part = values[start:stop]
    if isinstance(part, DictionaryColumn):
        return _read_dictionary(field, part)
    if hasattr(part, "tocsr"):
        return _read_sparse_matrix(field, part)
    if not isinstance(part, np.ndarray):
        return _read_objects(field, part)
    null = np.ma.getmaskarray(part) if isinstance(part, np.ma.MaskedArray) else None
    array: Numbers = np.asarray(part)
    column = _read_array(field, array, null)
    if column is not None:
        return column
    if array.dtype.kind == "M":
        part = part.astype(_TIME)
    items = part.tolist() if array.ndim == 1 else list(array)
    if field.type in INTEGER_RANGES and array.dtype.kind == "f":
        # A masked value is None already.
        items = [None if item is None or isnan(item) else item for item in items]
    return _read_objects(field, items)


def get_value(field: Field, values: Any, index: int) -> Any:
    """Return one value of a column as a row contains it."""
    value = values[index]
    if value is np.ma.masked:
        return None
    if isinstance(value, np.datetime64):
        value = value.astype(_TIME)
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if field.type in INTEGER_RANGES and isinstance(value, float) and isnan(value):
        return None
    return value


def _read_dictionary(field: Field, part: DictionaryColumn) -> ScalarColumn | VectorColumn | None:
    values, classes = part.dictionary.take(part.indices), {*map(type, part.dictionary.tolist())}
    allowed = {str, type(None)} if field.nullable else {str}
    if field.type == "string" and classes <= allowed:
        return ScalarColumn(values, dictionary=part)
    return _read_objects(field, values.tolist())


def _read_sparse_matrix(field: Field, part: Any) -> VectorColumn | None:
    """Return rows of a sparse matrix of SciPy as vectors."""
    count, size = part.shape
    if field.type != "vector" or size != field.size:
        return None
    matrix = part.tocsr()
    if size < SPARSE_FROM:
        return VectorColumn((DenseBlock(matrix.toarray().astype(np.float64), np.ones(count, dtype=bool)),))
    matrix.sort_indices()
    rows = np.repeat(np.arange(count), np.diff(matrix.indptr))
    values = matrix.data.astype(np.float64)
    nonzero = values != 0
    return VectorColumn(
        (SparseBlock(rows[nonzero], matrix.indices[nonzero].astype(np.int64), values[nonzero], size, count),)
    )


def _read_array(field: Field, values: Numbers, null: Numbers | None) -> ScalarColumn | None:
    if null is not None and null.any() and not field.nullable:
        return None
    kind = values.dtype.kind
    if field.type in FLOATING_TYPES and kind in "fiu":
        wide = values.astype(np.float64)
        single = field.type == "float"
        if single and (np.abs(wide[np.isfinite(wide)]) > np.finfo(np.float32).max).any():
            return None
        return ScalarColumn(wide.astype(np.float32).astype(np.float64) if single else wide, null)
    if field.type in INTEGER_RANGES and kind in "iu" and values.dtype != np.uint64:
        limit = INTEGER_RANGES[field.type]
        wide = values.astype(np.int64)
        fits = limit == 2**63 or not ((wide < -limit) | (wide >= limit)).any()
        return ScalarColumn(wide, null) if fits else None
    if field.type == "boolean" and kind == "b":
        return ScalarColumn(values, null)
    return None


def _read_objects(field: Field, items: Sequence[Any]) -> ScalarColumn | VectorColumn | None:
    """Return Python values as a column: converted together if their classes allow it, else one by one."""
    classes = set(map(type, items))
    has_null = type(None) in classes
    classes.discard(type(None))
    if (
        field.type in _OBJECTS
        or field.type.startswith(("array<", "decimal("))
        or not classes <= _list_exact_classes(field)
        or (has_null and not field.nullable)
    ):
        return _read_objects_one_by_one(field, items)
    if field.type == "string":
        return ScalarColumn(_to_object_array(items))
    null = np.fromiter((item is None for item in items), dtype=bool, count=len(items)) if has_null else None
    filled = [0 if item is None else item for item in items] if has_null else items
    try:
        return _read_array(field, np.array(filled, dtype=_choose_dtype(field)), null)
    except OverflowError:
        return _read_objects_one_by_one(field, items)


def _to_object_array(items: Sequence[Any]) -> Numbers:
    return np.fromiter(items, dtype=object, count=len(items))


def build_vector_block(field: Field, items: Sequence[Any]) -> DenseBlock | SparseBlock:
    """Return vectors as the reader of their field returned them, None for null, as a block."""
    size, count = field.size or 0, len(items)
    if size < SPARSE_FROM:
        full = np.array([(0.0,) * size if item is None else item for item in items], dtype=np.float64)
        sparse = [isinstance(item, SparseSlots) for item in items]
        return DenseBlock(full.reshape(count, size), np.array(sparse) if any(sparse) else None)
    lengths = [0 if item is None else len(item) for item in items]
    pairs = [pair for item in items if item for pair in item.items()]
    slots = np.array([slot for slot, _ in pairs], dtype=np.int64)
    values = np.array([value for _, value in pairs], dtype=np.float64)
    return SparseBlock(np.repeat(np.arange(count), lengths), slots, values, size, count)


def _list_exact_classes(field: Field) -> set[type]:
    if field.type in FLOATING_TYPES:
        return {float, int}
    if field.type == "string":
        return {str}
    return {bool} if field.type == "boolean" else {int}


def _choose_dtype(field: Field) -> type:
    if field.type in INTEGER_RANGES:
        return np.int64
    return bool if field.type == "boolean" else np.float64


def _read_objects_one_by_one(field: Field, items: Sequence[Any]) -> ScalarColumn | VectorColumn | None:
    reader = field.make_reader()
    try:
        converted = [reader(item) for item in items]
    except RowError:
        return None
    is_numeric = field.type in _NUMERIC or field.type.startswith("decimal(")
    if field.type != "vector" and not is_numeric:
        return ScalarColumn(_to_object_array(converted))
    null = np.fromiter((item is None for item in converted), dtype=bool, count=len(converted))
    mask = null if null.any() else None
    if field.type == "vector":
        return VectorColumn((build_vector_block(field, converted),), mask)
    return ScalarColumn(
        np.array([0 if item is None else item for item in converted], dtype=_choose_dtype(field)), mask
    )
