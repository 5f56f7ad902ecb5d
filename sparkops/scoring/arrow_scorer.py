"""Scoring of Arrow batches, in Spark's executors or in a service that receives Arrow data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..core.type_names import parse_decimal_digits, parse_element_type
from ..errors import RowError
from .batch.arrow_columns import read_batch_columns
from .batch.columns import Batch
from .ir.arrays import Numbers
from .ir.description import Description, Output
from .row_code import bind_functions
from .rules.rule_monitor import RuleMode
from .scorer import Scorer

if TYPE_CHECKING:
    from .protocol import RowScorer

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


def pass_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches unchanged: a worker that runs this has imported what `ArrowScorer` needs."""
    # The first array of Python values makes pyarrow import pandas, where that is installed.
    pa.array([0])
    yield from batches


@dataclass(frozen=True, slots=True)
class ArrowScorer:
    """Function for Spark's `mapInArrow` that appends the model's outputs to each Arrow batch.

    Rows that the model's own `skip` drops are not in the result. A worker generates the model's code once.

    Args:
        description: The compiled model.
        version: Name and value of a last column with the registered version; None adds no column.
        rules: What happens to rows that violate a rule of the model.
        count: Called for each batch with its number of rows and the number of violations by position of the rule.
        code: Folder of the code of the model's row functions, which the worker imports by their hash.
    """

    description: Description
    version: tuple[str, int] | None = None
    rules: RuleMode = "off"
    count: Callable[[int, Mapping[int, int]], None] | None = None
    code: Path | None = None

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield each batch with its outputs."""
        scorer = _build_scorer(_ScorerKey(self.description.hash, self.rules, self.description, self.code))
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
        scored = scorer.score_batch(read_batch_columns(batch, scorer.fields))
    except RowError as error:
        raise RowError(_ROW_PREFIX.sub("", str(error)), field=error.field, value=error.value) from None
    arrays = [*batch.columns, *build_output_arrays(scored, scorer.outputs)]
    names = [*batch.schema.names, *(output.name for output in scorer.outputs)]
    if version is not None:
        names.append(version[0])
        arrays.append(pa.array(np.full(batch.num_rows, version[1], dtype=np.int32)))
    extended = pa.RecordBatch.from_arrays(arrays, names=names)
    return extended.filter(pa.array(~scored.rejected)) if scored.rejected.any() else extended


@dataclass(frozen=True, slots=True)
class _ScorerKey:
    """A compiled model and its treatment of rules, compared by the model's hash: each task has its own copy of it."""

    model_hash: str
    rules: RuleMode
    description: Description = field(compare=False)
    code: Path | None = field(compare=False)


# A task is given only the function above, so the generated code is cached in the process. A worker scores one model at
# a time.
@lru_cache(maxsize=1)
def _build_scorer(key: _ScorerKey) -> Scorer:
    return Scorer(bind_functions(key.description, key.code), rules=key.rules)


def build_output_arrays(batch: Batch, outputs: Sequence[Output]) -> list[pa.Array]:
    """Return an Arrow array for each output; vectors as lists of doubles."""
    return [
        _build_array(batch.columns[output.name], output, batch.nulls.get(output.name)) for output in outputs
    ]


def _build_array(values: Numbers, output: Output, null: Numbers | None) -> pa.Array:
    if output.type == "vector" and values.ndim == 2:  # noqa: PLR2004
        return _build_vector_array(values, null)
    type_ = _to_arrow_type(output.type)
    if values.dtype == object:
        return pa.array(values.tolist(), type=type_)
    if pa.types.is_decimal(type_):
        return _build_decimal_array(values, null, type_)
    return pa.array(values.astype(type_.to_pandas_dtype()), type=type_, mask=null)


def _build_vector_array(values: Numbers, null: Numbers | None) -> pa.Array:
    """Return a matrix as lists of doubles; the masked rows are null lists."""
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float64).ravel())
    offsets = pa.array(np.arange(len(values) + 1, dtype=np.int32) * np.int32(values.shape[1]))
    return pa.ListArray.from_arrays(offsets, flat, mask=None if null is None else pa.array(null))


def _build_decimal_array(values: Numbers, null: Numbers | None, type_: pa.DataType) -> pa.Array:
    """Return decimals, which are held as the doubles that Spark's stages read."""
    unit = Decimal(1).scaleb(-type_.scale)
    rounded = [None if isnan(value) else Decimal(repr(value)).quantize(unit) for value in values.tolist()]
    return pa.array(rounded, type=type_, mask=null)


def _to_arrow_type(type_: str) -> pa.DataType:
    """Return the Arrow type of an output."""
    digits = parse_decimal_digits(type_)
    if digits is not None:
        return pa.decimal128(*digits)
    element = parse_element_type(type_)
    return _TYPES[type_] if element is None else pa.list_(_to_arrow_type(element))
