"""Arrow batches through a model's own process: what Spark's executors run, each Python worker with one process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from sparkops.errors import RowError
from sparkops.flavors.manifest import read
from sparkops.flavors.scorer import PyfuncScorer
from sparkops.flavors.worker import Process
from sparkops.scoring.arrow import answers_of, columns_of

_NUMBER = re.compile(r"^Row \d+: ")


@dataclass(frozen=True, slots=True)
class ArrowProcess:
    """A function from Arrow batches to the same batches with the model's answers: Spark's `mapInArrow` takes it.

    Args:
        folder: The model's folder, which the executors see too.
        seal: Hash of the manifest.
        python: The interpreter that has the model's packages.
        timeout: Seconds that an answer may take.
        version: The registered version, for a last column of that name; none where it is None.
    """

    folder: str
    seal: str
    python: str
    timeout: float
    version: tuple[str, int] | None = None

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score each batch as it comes."""
        scorer: PyfuncScorer | None = None
        for batch in batches:
            scorer = scorer or _kept(self)
            try:
                yield self.scored(scorer, batch)
            except RowError as error:  # the row's number in a batch says nothing in a table
                raise RowError(_NUMBER.sub("", str(error)), field=error.field, value=error.value) from None

    def scored(self, scorer: PyfuncScorer, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return one batch with the answers beside its own columns."""
        got = scorer.score_batch(columns_of(batch, scorer.fields))
        arrays = [*batch.columns, *answers_of(got, scorer.outputs)]
        names = [*batch.schema.names, *(output.name for output in scorer.outputs)]
        if self.version is not None:
            names.append(self.version[0])
            arrays.append(pa.array(np.full(batch.num_rows, self.version[1], dtype=np.int32)))
        return pa.RecordBatch.from_arrays(arrays, names=names)


_SCORERS: dict[str, PyfuncScorer] = {}  # of one of Spark's Python workers, which outlives a job


def _kept(model: ArrowProcess) -> PyfuncScorer:
    """Return this worker's process of a model; a worker scores one model at a time."""
    if model.seal not in _SCORERS:
        for scorer in _SCORERS.values():
            scorer.close()
        _SCORERS.clear()
        folder = Path(model.folder)
        manifest = read(folder)
        worker = Process(folder, manifest, Path(model.python), timeout=model.timeout, sealed=model.seal)
        _SCORERS[model.seal] = PyfuncScorer(manifest, worker)
    return _SCORERS[model.seal]
