"""Score Arrow batches with a pyfunc model in Spark's executors: one model process for each Python worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from sparkops.pyfunc.worker.manifest import read_manifest
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_process import WorkerProcess, build_pyfunc_program
from sparkops.scoring.arrow_scorer import score_arrow_batch


@dataclass(frozen=True, slots=True)
class PyfuncArrowScorer:
    """A function from Arrow batches to the same batches with the model's outputs, for Spark's `mapInArrow`.

    Args:
        folder: The model's folder, which executors see, too.
        manifest_hash: Hash of the manifest.
        python: The interpreter that has the model's packages.
        timeout: Seconds that an answer may take.
        limits: Limits of the process, as pairs.
        version: Name and value of the last column; None for no such column.
    """

    folder: str
    manifest_hash: str
    python: str
    timeout: float
    limits: tuple[tuple[str, int], ...] = ()
    version: tuple[str, int] | None = None

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score batch by batch; the model's process starts with the first one."""
        scorer: PyfuncScorer | None = None
        for batch in batches:
            scorer = scorer or _open_scorer(
                self.folder, self.manifest_hash, self.python, self.timeout, self.limits
            )
            yield score_arrow_batch(scorer, batch, self.version)


# Spark's Python worker outlives a task, and its model process shall do so, too: starting one takes seconds. A task gets
# only the function above, so the process is cached here. A worker scores one model at a time; the process of the one
# before ends when its scorer is garbage collected.
@lru_cache(maxsize=1)
def _open_scorer(
    folder: str, manifest_hash: str, python: str, timeout: float, limits: tuple[tuple[str, int], ...]
) -> PyfuncScorer:
    manifest = read_manifest(Path(folder))
    worker = WorkerProcess(
        Path(folder),
        manifest,
        Path(python),
        timeout=timeout,
        manifest_hash=manifest_hash,
        program=build_pyfunc_program(manifest, dict(limits) or None),
    )
    return PyfuncScorer(manifest, worker)
