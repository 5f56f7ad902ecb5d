"""Facts about this machine and process. The only module of the package that reads the environment."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Self

from sparkops.errors import EngineError


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Environment, cache folder and interpreter of a process.

    Args:
        environ: The process environment.
        cache: This user's cache folder: jars and the class-data archive.
        python: Interpreter that Spark's Python workers use.
    """

    environ: Mapping[str, str]
    cache: Path
    python: str

    @classmethod
    def current(cls) -> Self:
        """Return the facts of this process."""
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        python = os.environ.get("PYSPARK_PYTHON") or sys.executable
        return cls(environ=dict(os.environ), cache=Path(base) / "sparkops", python=python)

    @property
    def spark_home(self) -> Path:
        """Return the folder with `bin/` and `jars/`: SPARK_HOME, or the installed pyspark."""
        spark_home = self.environ.get("SPARK_HOME")
        return Path(spark_home) if spark_home else bundled_spark()

    @property
    def is_spark_bundled(self) -> bool:
        """Return whether Spark is that of the pyspark package, without site configuration."""
        home = self.spark_home
        conf = Path(self.environ.get("SPARK_CONF_DIR") or home / "conf")
        site = any(
            (conf / name).exists() for name in ("spark-env.sh", "spark-defaults.conf", "log4j2.properties")
        )
        site = site or "PYSPARK_SUBMIT_ARGS" in self.environ
        return not site and home.resolve() == bundled_spark().resolve()

    @property
    def is_under_submit(self) -> bool:
        """Return whether `spark-submit` started this process and holds the JVM."""
        return "PYSPARK_GATEWAY_PORT" in self.environ

    @property
    def is_on_databricks(self) -> bool:
        """Return whether this process runs in a Databricks runtime."""
        return "DATABRICKS_RUNTIME_VERSION" in self.environ


def bundled_spark() -> Path:
    """Return the folder of the installed pyspark, without importing it."""
    # PathFinder searches the disk: a placeholder in sys.modules does not count.
    spec = PathFinder.find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise EngineError("pyspark is not installed: pip install 'sparkops[spark]'.")
    return Path(next(iter(spec.submodule_search_locations)))


def installed_version(package: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
