"""Settings of the processes of models. Imports no NumPy: the command line reads them at start-up."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sparkops.config.settings import Settings


def _locate_default_environments() -> Path:
    return Path.home() / ".cache" / "sparkops" / "environments"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How the processes of models run.

    Args:
        environment: "this" interpreter, one of the model's "own", or "auto": this one if it has the packages.
        environments: Folder of the created environments.
        timeout: Seconds that an answer may take.
        jars: Jars of the project, for the stages of a Spark model.
    """

    environment: Literal["auto", "this", "own"] = "auto"
    environments: Path = field(default_factory=_locate_default_environments)
    timeout: float = 60.0
    jars: tuple[str, ...] = ()

    @classmethod
    def from_settings(cls, settings: Settings) -> WorkerSettings:
        """Return the worker settings of a project."""
        return cls(
            environment=settings.models.environment,
            environments=settings.state / "environments",
            timeout=settings.models.timeout,
            jars=settings.spark.jars,
        )
