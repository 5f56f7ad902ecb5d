"""Arrow batches through the scorer: what Spark's executors run, and what a service with Arrow data calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow.compute import local_timestamp

from ..errors import RowError
from .batch.columns import Batch
from .batch.dictionary_column import DictionaryColumn
from .ir.arrays import Numbers
from .ir.description import Description, Output
from .ir.field import Field
from .rules.rule_monitor import RuleMode
from .scorer import Scorer

if TYPE_CHECKING:
    from .protocol import RowScorer

_FEW = 4  # rows for each different text, from which on it is looked up once
_NUMBER = re.compile(r"^Row \d+: ")
_TYPES = {
    "boolean": pa.bool_(),
    "byte": pa.int8(),
    "short": pa.int16(),
    "integer": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "vector": pa.list_(pa.float64()),
}


@dataclass(frozen=True, slots=True)
class ArrowScorer:
    """A function from Arrow batches to the same batches with the model's answers: Spark's `mapInArrow` takes it.

    Rows that the model's own `skip` drops are not in the result. A worker writes the model's code once and keeps it.

    Args:
        description: The compiled model.
        version: The registered version, for a last column of that name; none where it is None.
        rules: What becomes of rows that break a rule which the model carries.
        count: Told the rows of each batch that was judged, and how many of them broke a rule, by its place.
    """

    description: Description
    version: tuple[str, int] | None = None
    rules: RuleMode = "off"
    count: Callable[[int, Mapping[int, int]], None] | None = None

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score each batch as it comes."""
        scorer = _kept(self.description, self.rules)
        for batch in batches:
            before = scorer.rule_counts
            scored = score_arrow_batch(scorer, batch, self.version)
            if self.count is not None:
                found = enumerate(now - then for now, then in zip(scorer.rule_counts, before, strict=True))
                self.count(batch.num_rows, {at: rows for at, rows in found if rows})
            yield scored


def score_arrow_batch(
    scorer: RowScorer, batch: pa.RecordBatch, version: tuple[str, int] | None
) -> pa.RecordBatch:
    """Return a batch with a model's answers beside its own columns, without the rows that the model drops.

    Args:
        scorer: The model.
        batch: Rows.
        version: Name and value of a last column; none where it is None.

    Raises:
        RowError: Of the first row that cannot be scored or that a rule refuses; not by its number, which says nothing in a table.
    """
    try:
        got = scorer.score_batch(input_columns(batch, scorer.fields))
    except RowError as error:
        raise RowError(_NUMBER.sub("", str(error)), field=error.field, value=error.value) from None
    arrays = [*batch.columns, *output_arrays(got, scorer.outputs)]
    names = [*batch.schema.names, *(output.name for output in scorer.outputs)]
    if version is not None:
        names.append(version[0])
        arrays.append(pa.array(np.full(batch.num_rows, version[1], dtype=np.int32)))
    whole = pa.RecordBatch.from_arrays(arrays, names=names)
    return whole.filter(pa.array(~got.rejected)) if got.rejected.any() else whole


_SCORERS: dict[tuple[str, RuleMode], Scorer] = {}


def _kept(description: Description, rules: RuleMode) -> Scorer:
    """Return this process's scorer of a description; a worker scores one model at a time."""
    key = description.hash, rules
    if key not in _SCORERS:
        _SCORERS.clear()
        _SCORERS[key] = Scorer(description, rules=rules)
    return _SCORERS[key]


def input_columns(batch: pa.RecordBatch, fields: Sequence[Field]) -> dict[str, Any]:
    """Return the model's columns of a batch as `score_batch` takes them: nulls masked, text as objects."""
    names = set(batch.schema.names)
    return {field.name: _column(batch.column(field.name)) for field in fields if field.name in names}


def _column(values: pa.Array) -> Any:
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = local_timestamp(values)  # a moment as the session's clock shows it
    if pa.types.is_dictionary(values.type) and pa.types.is_string(values.type.value_type):
        return _coded(values)
    if pa.types.is_string(values.type):
        coded = values.dictionary_encode()
        if len(coded.dictionary) * _FEW <= len(values):
            return _coded(coded)
    if not pa.types.is_floating(values.type) and not pa.types.is_integer(values.type):
        return values.to_numpy(zero_copy_only=False)
    if not values.null_count:
        return values.to_numpy(zero_copy_only=False)
    filled = values.fill_null(0).to_numpy(zero_copy_only=False)
    return np.ma.MaskedArray(filled, values.is_null().to_numpy(zero_copy_only=False))


def _coded(values: pa.DictionaryArray) -> DictionaryColumn:
    """Return a column of text with each different one once; null is the last of them."""
    words = values.dictionary.to_pylist()
    codes = values.indices.fill_null(len(words)) if values.null_count else values.indices
    words += [None] if values.null_count else []
    return DictionaryColumn(
        np.fromiter(words, dtype=object, count=len(words)), codes.to_numpy(zero_copy_only=False)
    )


def output_arrays(batch: Batch, outputs: Sequence[Output]) -> list[pa.Array]:
    """Return one Arrow array an output; vectors as lists of doubles."""
    return [_array(batch.columns[output.name], output) for output in outputs]


def _array(values: Numbers, output: Output) -> pa.Array:
    if output.type == "vector" and values.ndim == 2:  # noqa: PLR2004
        flat = pa.array(np.ascontiguousarray(values, dtype=np.float64).ravel())
        offsets = np.arange(0, values.size + 1, values.shape[1], dtype=np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), flat)
    if output.type == "vector":
        return pa.array(values.tolist(), type=pa.list_(pa.float64()))
    kind = _type(output.type)
    return pa.array(
        values.tolist() if values.dtype == object else values.astype(kind.to_pandas_dtype()), type=kind
    )


def _type(kind: str) -> pa.DataType:
    """Return Arrow's type of an output."""
    return pa.list_(_type(kind[6:-1])) if kind.startswith("array<") else _TYPES[kind]
