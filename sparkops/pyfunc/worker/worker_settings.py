"""Settings of the processes of models. Imports no NumPy: the command line reads them at start-up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sparkops.config.settings import Settings

# Bytes of a file that a model's process writes, and descriptors that it has open.
_MAX_FILE_SIZE, _MAX_FILES = 1 << 34, 4096


def _locate_default_environments() -> Path:
    return Path.home() / ".cache" / "sparkops" / "environments"


def choose_default_limits() -> Mapping[str, int]:
    """Return the limits of a model's process by their names in `confined_main`, which no honest model reaches.

    Memory is what the process may write to, at most that of the machine: address space is not limited, because
    TensorFlow, CUDA and the JVM reserve far more of it than they use.
    """
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"memory": machine, "files": _MAX_FILES, "file_size": _MAX_FILE_SIZE, "core": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How the processes of models run.

    Args:
        environment: "this" interpreter, one of the model's "own", or "auto": this one if it has the packages.
        environments: Folder of the created environments.
        timeout: Seconds that an answer may take.
        jars: Jars of the project, for the stages of a Spark model.
        trust: Whether code of a model that no registry vouches for may be run.
        limits: Limits of the process by their names in `confined_main`.
    """

    environment: Literal["auto", "this", "own"] = "auto"
    environments: Path = field(default_factory=_locate_default_environments)
    timeout: float = 60.0
    jars: tuple[str, ...] = ()
    trust: bool = False
    limits: Mapping[str, int] = field(default_factory=choose_default_limits)

    @classmethod
    def from_settings(cls, settings: Settings) -> WorkerSettings:
        """Return the worker settings of a project."""
        models = settings.models
        chosen = {"memory": models.process_memory, "cpu": models.process_cpu, "files": models.process_files}
        return cls(
            environment=models.environment,
            environments=settings.state / "environments",
            timeout=models.timeout,
            jars=settings.spark.jars,
            limits={**choose_default_limits(), **{name: value for name, value in chosen.items() if value}},
        )
