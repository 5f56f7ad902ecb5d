"""A registered model of another flavor in a Spark job: checked against the frame, scored by its own processes."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.batch.planner import ScoringMethod
from sparkops.batch.registered_version import RegisteredVersion
from sparkops.config.settings import Settings
from sparkops.errors import ModelError
from sparkops.pyfunc.worker.environment import WorkerSettings, find_interpreter
from sparkops.pyfunc.worker.flavor_names import flavor_label
from sparkops.pyfunc.worker.manifest import Manifest, verify_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
from typing import TYPE_CHECKING

from sparkops.batch.executor_scorer import has_remote_executors
from sparkops.batch.frame_scoring import VERSION_COLUMN, score_with_compiled

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_log = logging.getLogger("sparkops.registry")


class PyfuncModelVersion(RegisteredVersion):
    """One version of a registered model that is no Spark model; implements `ModelVersion`.

    Args:
        name: Registered name.
        version: Version number.
        folder: The model's folder on this machine.
        seal: The manifest's hash, as the registry holds it.
        settings: How its processes run.
    """

    def __init__(self, name: str, version: int, folder: Path, seal: str, settings: Settings) -> None:
        super().__init__(name, version, folder, settings)
        self._seal = seal

    @property
    def fitted(self) -> PyfuncModelVersion:
        """Return itself: what transforms a frame."""
        return self

    @cached_property
    def manifest(self) -> Manifest:
        """Return what is known of the model, its files compared with the registry's seal."""
        if not self._seal:
            raise ModelError(f"{self.uri} has no seal in the registry: register the model again.")
        return verify_folder(self._folder, self._seal)

    def check(self, frame: DataFrame) -> None:
        """Raise `SignatureMismatch` when the frame lacks a column the model reads, or has one it would add."""
        self._check(frame, (output.name for output in self.manifest.outputs))

    def transform(self, frame: DataFrame, *, arrays: bool = False) -> DataFrame:
        """Return the frame with the model's answers and `model_version`.

        Args:
            frame: Rows with the columns that the model reads.
            arrays: Give vectors as arrays of doubles, which every reader of a table understands.
        """
        self.check(frame)
        manifest = self.manifest
        python = find_interpreter(manifest, WorkerSettings.of(self._settings))
        self._scoring_method = ScoringMethod(
            "mapInArrow", f"{flavor_label(manifest.flavor)}, in a process of its own"
        )
        _log.info("%s scores by %s", self.uri, self._scoring_method)
        return score_frame(
            frame, self._folder, manifest, python, self._settings, self._version, arrays=arrays
        )


def score_frame(
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
    from sparkops.pyfunc.worker.pyfunc_arrow_scorer import PyfuncArrowScorer

    if has_remote_executors(frame.sparkSession, settings) and settings.models.batch != "mapInArrow":
        raise ModelError(
            f"The model in {folder} is scored in a process of its own, and executors run elsewhere. Where they have "
            f"sparkops, see that folder and can run {python}, set models.batch to mapInArrow; else score it where "
            "spark.mode is local."
        )
    score = PyfuncArrowScorer(
        str(folder), manifest.hash, str(python), settings.models.timeout, (VERSION_COLUMN, version)
    )
    return score_with_compiled(frame, score, manifest.outputs, arrays=arrays)
