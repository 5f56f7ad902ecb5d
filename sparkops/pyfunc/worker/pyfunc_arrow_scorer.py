"""Arrow batches through a model's own process: what Spark's executors run, each Python worker with one process."""

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
            yield score_arrow_batch(scorer, batch, self.version)


_SCORERS: dict[str, PyfuncScorer] = {}  # of one of Spark's Python workers, which outlives a job


def _kept(model: PyfuncArrowScorer) -> PyfuncScorer:
    """Return this worker's process of a model; a worker scores one model at a time."""
    if model.seal not in _SCORERS:
        for scorer in _SCORERS.values():
            scorer.close()
        _SCORERS.clear()
        folder = Path(model.folder)
        manifest = read_manifest(folder)
        worker = WorkerProcess(folder, manifest, Path(model.python), timeout=model.timeout, sealed=model.seal)
        _SCORERS[model.seal] = PyfuncScorer(manifest, worker)
    return _SCORERS[model.seal]
