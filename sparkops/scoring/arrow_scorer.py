"""Scoring of Arrow batches, in Spark's executors or in a service that receives Arrow data."""

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

# Rows for each distinct text from which a column is dictionary-encoded.
_MIN_ROWS_PER_TEXT = 4
_ROW_PREFIX = re.compile(r"^Row \d+: ")
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
    """Function for Spark's `mapInArrow` that appends the model's outputs to each Arrow batch.

    Rows that the model's own `skip` drops are not in the result. A worker generates the model's code once.

    Args:
        description: The compiled model.
        version: Name and value of a last column with the registered version; None adds no column.
        rules: What happens to rows that violate a rule of the model.
        count: Called for each batch with its number of rows and the number of violations by position of the rule.
    """

    description: Description
    version: tuple[str, int] | None = None
    rules: RuleMode = "off"
    count: Callable[[int, Mapping[int, int]], None] | None = None

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield each batch with its outputs."""
        scorer = _cached_scorer(self.description, self.rules)
        for batch in batches:
            before = scorer.rule_counts
            scored = score_arrow_batch(scorer, batch, self.version)
            if self.count is not None:
                pairs = zip(before, scorer.rule_counts, strict=True)
                violations = {rule: new - old for rule, (old, new) in enumerate(pairs) if new > old}
                self.count(batch.num_rows, violations)
            yield scored


def score_arrow_batch(
    scorer: RowScorer, batch: pa.RecordBatch, version: tuple[str, int] | None
) -> pa.RecordBatch:
    """Return a batch with the outputs of a model appended to its columns, without the rows that the model drops.

    Args:
        scorer: The model.
        batch: Rows.
        version: Name and value of a last column; None adds no column.

    Raises:
        RowError: For the first row that cannot be scored or that a rule refuses. The message has no row number, which
            means nothing in a table.
    """
    try:
        scored = scorer.score_batch(input_columns(batch, scorer.fields))
    except RowError as error:
        raise RowError(_ROW_PREFIX.sub("", str(error)), field=error.field, value=error.value) from None
    arrays = [*batch.columns, *output_arrays(scored, scorer.outputs)]
    names = [*batch.schema.names, *(output.name for output in scorer.outputs)]
    if version is not None:
        names.append(version[0])
        arrays.append(pa.array(np.full(batch.num_rows, version[1], dtype=np.int32)))
    extended = pa.RecordBatch.from_arrays(arrays, names=names)
    return extended.filter(pa.array(~scored.rejected)) if scored.rejected.any() else extended


_SCORERS: dict[tuple[str, RuleMode], Scorer] = {}


def _cached_scorer(description: Description, rules: RuleMode) -> Scorer:
    """Return the scorer of a description, cached in this process, because a worker scores one model at a time."""
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
        # naive, in the session's time zone
        values = local_timestamp(values)
    if pa.types.is_dictionary(values.type) and pa.types.is_string(values.type.value_type):
        return _to_dictionary_column(values)
    if pa.types.is_string(values.type):
        encoded = values.dictionary_encode()
        if len(encoded.dictionary) * _MIN_ROWS_PER_TEXT <= len(values):
            return _to_dictionary_column(encoded)
    if not pa.types.is_floating(values.type) and not pa.types.is_integer(values.type):
        return values.to_numpy(zero_copy_only=False)
    if not values.null_count:
        return values.to_numpy(zero_copy_only=False)
    filled = values.fill_null(0).to_numpy(zero_copy_only=False)
    return np.ma.MaskedArray(filled, values.is_null().to_numpy(zero_copy_only=False))


def _to_dictionary_column(values: pa.DictionaryArray) -> DictionaryColumn:
    """Return a dictionary-encoded column of text; null is the last entry of the dictionary."""
    texts = values.dictionary.to_pylist()
    codes = values.indices.fill_null(len(texts)) if values.null_count else values.indices
    texts += [None] if values.null_count else []
    return DictionaryColumn(
        np.fromiter(texts, dtype=object, count=len(texts)), codes.to_numpy(zero_copy_only=False)
    )


def output_arrays(batch: Batch, outputs: Sequence[Output]) -> list[pa.Array]:
    """Return an Arrow array for each output; vectors as lists of doubles."""
    return [_array(batch.columns[output.name], output) for output in outputs]


def _array(values: Numbers, output: Output) -> pa.Array:
    if output.type == "vector" and values.ndim == 2:  # noqa: PLR2004
        flat = pa.array(np.ascontiguousarray(values, dtype=np.float64).ravel())
        offsets = np.arange(0, values.size + 1, values.shape[1], dtype=np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), flat)
    if output.type == "vector":
        return pa.array(values.tolist(), type=pa.list_(pa.float64()))
    type_ = _arrow_type(output.type)
    return pa.array(
        values.tolist() if values.dtype == object else values.astype(type_.to_pandas_dtype()), type=type_
    )


def _arrow_type(type_: str) -> pa.DataType:
    """Return the Arrow type of an output."""
    return pa.list_(_arrow_type(type_[6:-1])) if type_.startswith("array<") else _TYPES[type_]
