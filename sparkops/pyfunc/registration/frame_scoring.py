"""A frame scored by a model's own processes, one beside each of Spark's Python workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.batch.frame_scoring import VERSION_COLUMN, by_scorer
from sparkops.batch.shipping import is_elsewhere
from sparkops.config.settings import Settings
from sparkops.errors import ModelError
from sparkops.pyfunc.worker.manifest import Manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def scored(
    frame: DataFrame,
    folder: Path,
    manifest: Manifest,
    python: Path,
    settings: Settings,
    version: int,
    *,
    arrays: bool,
) -> DataFrame:
    """Return a frame with a model's answers and its version.

    Args:
        frame: Rows with the columns that the model reads.
        folder: The model's folder.
        manifest: As it was verified; executors compare the files with its hash again.
        python: The interpreter with the model's packages.
        settings: How long an answer may take; whether executors elsewhere have what they need.
        version: The registered version.
        arrays: Give vectors as arrays of doubles.

    Raises:
        ModelError: Executors run elsewhere, and nobody said that they see the folder and the interpreter.
    """
    from sparkops.pyfunc.worker.arrow_process import ArrowProcess

    if is_elsewhere(frame.sparkSession, settings) and settings.models.batch != "mapInArrow":
        raise ModelError(
            f"The model in {folder} is scored in a process of its own, and executors run elsewhere. Where they have "
            f"sparkops, see that folder and can run {python}, set models.batch to mapInArrow; else score it where "
            "spark.mode is local."
        )
    score = ArrowProcess(
        str(folder), manifest.hash, str(python), settings.models.timeout, (VERSION_COLUMN, version)
    )
    return by_scorer(frame, score, manifest.outputs, arrays=arrays)
