"""A registered pyfunc model in a Spark job: checked against the frame, and scored by its own processes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.batch.executor_scorer import has_remote_executors
from sparkops.batch.frame_scoring import VERSION_COLUMN, score_with_map_in_arrow
from sparkops.batch.planner import ScoringMethod
from sparkops.batch.registered_version import RegisteredVersion
from sparkops.config.settings import Settings
from sparkops.errors import ModelError
from sparkops.pyfunc.worker.environment import find_interpreter
from sparkops.pyfunc.worker.flavor_names import format_flavor
from sparkops.pyfunc.worker.manifest import Manifest, verify_folder
from sparkops.pyfunc.worker.worker_settings import WorkerSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_log = logging.getLogger("sparkops.registry")


class PyfuncModelVersion(RegisteredVersion):
    """One version of a registered pyfunc model; implements `ModelVersion`.

    Args:
        name: Registered name.
        version: Version number.
        folder: The model's folder on this machine.
        manifest_hash: The manifest's hash in the registry.
        settings: How the model's processes run, and where Spark does.
    """

    def __init__(self, name: str, version: int, folder: Path, manifest_hash: str, settings: Settings) -> None:
        super().__init__(name, version, folder, settings)
        self._manifest_hash = manifest_hash

    @property
    def fitted(self) -> PyfuncModelVersion:
        """Return the version itself: like a fitted Spark model, it transforms a frame."""
        return self

    @cached_property
    def manifest(self) -> Manifest:
        """Return the model's manifest; its files are verified against the hash in the registry."""
        if not self._manifest_hash:
            raise ModelError(f"{self.uri} has no manifest hash in the registry: register the model again.")
        return verify_folder(self._folder, self._manifest_hash)

    def check(self, frame: DataFrame) -> None:
        """Raise `SignatureMismatch` if the frame lacks an input column or already has an output column."""
        self._check_frame(frame, (output.name for output in self.manifest.outputs))

    def transform(self, frame: DataFrame, *, arrays: bool = False) -> DataFrame:
        """Return the frame with the model's outputs and `model_version`.

        Args:
            frame: Rows with the columns that the model reads.
            arrays: Return vectors as arrays of doubles, which every reader of a table understands.
        """
        self.check(frame)
        python = find_interpreter(self.manifest, WorkerSettings.from_settings(self._settings))
        label = format_flavor(self.manifest.flavor)
        self._scoring_method = ScoringMethod("mapInArrow", f"{label}, in a process of its own")
        _log.info("%s scores by %s", self.uri, self._scoring_method)
        scorer = PyfuncFrameScorer(self._folder, self.manifest, python, self._settings)
        return scorer.transform(frame, self._version, arrays=arrays)


@dataclass(frozen=True, slots=True)
class PyfuncFrameScorer:
    """Scores Spark frames with the processes of a pyfunc model, one for each of Spark's Python workers.

    Args:
        folder: The model's folder.
        manifest: The verified manifest; executors verify the files against its hash again.
        python: The interpreter with the model's packages.
        settings: How long an answer may take, and whether executors are on this machine.
    """

    folder: Path
    manifest: Manifest
    python: Path
    settings: Settings

    def transform(self, frame: DataFrame, version: int, *, arrays: bool) -> DataFrame:
        """Return a frame with the model's outputs and its version.

        Args:
            frame: Rows with the columns that the model reads.
            version: Value of the column `model_version`.
            arrays: Return vectors as arrays of doubles.

        Raises:
            ModelError: Executors are remote, and `models.batch` does not say that they have what they need.
        """
        # Imported here because it brings pyarrow.
        from sparkops.pyfunc.worker.pyfunc_arrow_scorer import PyfuncArrowScorer

        is_remote = has_remote_executors(frame.sparkSession, self.settings)
        if is_remote and self.settings.models.batch != "mapInArrow":
            raise ModelError(
                f"The model in {self.folder} is scored in a process of its own, and executors run elsewhere. Where "
                f"they have sparkops, see that folder and can run {self.python}, set models.batch to mapInArrow; else "
                "score it where spark.mode is local."
            )
        score = PyfuncArrowScorer(
            folder=str(self.folder),
            manifest_hash=self.manifest.hash,
            python=str(self.python),
            timeout=self.settings.models.timeout,
            limits=tuple(WorkerSettings.from_settings(self.settings).limits.items()),
            version=(VERSION_COLUMN, version),
        )
        return score_with_map_in_arrow(frame, score, self.manifest.outputs, arrays=arrays)
