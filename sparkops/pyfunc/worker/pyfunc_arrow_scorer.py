"""Score Arrow batches with a pyfunc model in Spark's executors: one model process for each Python worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from sparkops.pyfunc.worker.manifest import read_manifest
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_process import WorkerProcess
from sparkops.scoring.arrow_scorer import score_arrow_batch


@dataclass(frozen=True, slots=True)
class PyfuncArrowScorer:
    """A function from Arrow batches to the same batches with the model's outputs, for Spark's `mapInArrow`.

    Args:
        folder: The model's folder, which executors see, too.
        manifest_hash: Hash of the manifest.
        python: The interpreter that has the model's packages.
        timeout: Seconds that an answer may take.
        version: Name and value of the last column; None for no such column.
    """

    folder: str
    manifest_hash: str
    python: str
    timeout: float
    version: tuple[str, int] | None = None

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score batch by batch; the model's process starts with the first one."""
        scorer: PyfuncScorer | None = None
        for batch in batches:
            scorer = scorer or _get_scorer(self)
            yield score_arrow_batch(scorer, batch, self.version)


# Spark's Python worker outlives a task, and its model process shall do so, too: starting one takes seconds. A task gets
# only the function above, so the process is kept here. A worker scores one model at a time.
_SCORERS: dict[str, PyfuncScorer] = {}


def _get_scorer(model: PyfuncArrowScorer) -> PyfuncScorer:
    if model.manifest_hash not in _SCORERS:
        for scorer in _SCORERS.values():
            scorer.close()
        _SCORERS.clear()
        folder = Path(model.folder)
        manifest = read_manifest(folder)
        worker = WorkerProcess(
            folder, manifest, Path(model.python), timeout=model.timeout, manifest_hash=model.manifest_hash
        )
        _SCORERS[model.manifest_hash] = PyfuncScorer(manifest, worker)
    return _SCORERS[model.manifest_hash]
