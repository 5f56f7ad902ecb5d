"""A registered model of another flavor in a Spark job: checked against the frame, scored by its own processes."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.batch.planner import Way
from sparkops.batch.registered_version import Pinned
from sparkops.config.settings import Settings
from sparkops.errors import ModelError
from sparkops.pyfunc.registration.frame_scoring import scored
from sparkops.pyfunc.worker.environment import interpreter
from sparkops.pyfunc.worker.flavor_names import label
from sparkops.pyfunc.worker.manifest import Manifest, verified
from sparkops.pyfunc.worker.process_settings import Running

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_log = logging.getLogger("sparkops.registry")


class ProcessVersion(Pinned):
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
    def fitted(self) -> ProcessVersion:
        """Return itself: what transforms a frame."""
        return self

    @cached_property
    def manifest(self) -> Manifest:
        """Return what is known of the model, its files compared with the registry's seal."""
        if not self._seal:
            raise ModelError(f"{self.uri} has no seal in the registry: register the model again.")
        return verified(self._folder, self._seal)

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
        python = interpreter(manifest, Running.of(self._settings))
        self._way = Way("mapInArrow", f"{label(manifest.flavor)}, in a process of its own")
        _log.info("%s scores by %s", self.uri, self._way)
        return scored(frame, self._folder, manifest, python, self._settings, self._version, arrays=arrays)
