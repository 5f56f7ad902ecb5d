"""One version of a registered model as a Spark job holds it: its name, its folder, and whether a frame has room for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.facts import input_types
from sparkops.batch.frame_scoring import VERSION_COLUMN
from sparkops.batch.planner import Way
from sparkops.batch.schema_check import check_fit
from sparkops.config.settings import Settings
from sparkops.errors import SignatureMismatch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Pinned:
    """What every kind of registered version has of `ModelVersion`.

    Args:
        name: Registered name.
        version: Version number.
        folder: The model's folder on this machine.
        settings: Where Spark and a model's processes run.
    """

    def __init__(self, name: str, version: int, folder: Path, settings: Settings) -> None:
        self._name, self._version, self._folder, self._settings = name, version, folder, settings
        self._way: Way | None = None

    @property
    def name(self) -> str:
        """Return the registered name."""
        return self._name

    @property
    def version(self) -> int:
        """Return the pinned version."""
        return self._version

    @property
    def uri(self) -> str:
        """Return `models:/name/version`."""
        return f"models:/{self._name}/{self._version}"

    @property
    def way(self) -> Way | None:
        """Return how the last frame was scored, and why so."""
        return self._way

    @property
    def judged(self) -> dict[str, Any]:
        """Return what rules found in the frames that it scored, as JSON values; empty where none judged a row."""
        return {}

    def _check(self, frame: DataFrame, answers: Iterable[str]) -> None:
        """Raise `SignatureMismatch` when the frame lacks a column the model reads, or has one it would add."""
        told = f"{self._name}/{self._version}"
        check_fit(frame, input_types(self._folder), told)
        taken = [name for name in (*answers, VERSION_COLUMN) if name in frame.columns]
        if taken:
            raise SignatureMismatch(
                f"Model {told} adds {', '.join(f'`{name}`' for name in taken)}, "
                "which these rows have already: drop it first."
            )
