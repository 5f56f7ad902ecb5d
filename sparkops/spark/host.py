"""Facts about this machine and process. Other modules of this package do not read the environment."""

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
        """Return the folder with `bin/` and `jars/`: SPARK_HOME, or the installed pyspark.

        The installed pyspark has one path, because the class-data archive is valid for the paths of its jars only.
        """
        spark_home = self.environ.get("SPARK_HOME")
        if not spark_home:
            return locate_bundled_spark()
        bundled = find_bundled_spark()
        if bundled is not None and bundled.resolve() == Path(spark_home).resolve():
            return bundled
        return Path(spark_home)

    @property
    def is_spark_bundled(self) -> bool:
        """Return whether Spark is that of the pyspark package, without site configuration."""
        home = self.spark_home
        conf = Path(self.environ.get("SPARK_CONF_DIR") or home / "conf")
        site = any(
            (conf / name).exists() for name in ("spark-env.sh", "spark-defaults.conf", "log4j2.properties")
        )
        site = site or "PYSPARK_SUBMIT_ARGS" in self.environ
        return not site and home.resolve() == locate_bundled_spark().resolve()

    @property
    def is_under_submit(self) -> bool:
        """Return whether `spark-submit` started this process and holds the JVM."""
        return "PYSPARK_GATEWAY_PORT" in self.environ

    @property
    def is_on_databricks(self) -> bool:
        """Return whether this process runs in a Databricks runtime."""
        return "DATABRICKS_RUNTIME_VERSION" in self.environ


def locate_bundled_spark() -> Path:
    """Return the folder of the installed pyspark, without importing it.

    Raises:
        EngineError: pyspark is not installed.
    """
    folder = find_bundled_spark()
    if folder is None:
        raise EngineError("pyspark is not installed: pip install 'sparkops[spark]'.")
    return folder


def find_bundled_spark() -> Path | None:
    """Return the folder of the installed pyspark, without importing it; None if there is none."""
    # PathFinder searches the disk: a placeholder in sys.modules does not count. Neither does the archive that
    # spark-submit puts first.
    spec = PathFinder.find_spec("pyspark", [folder for folder in sys.path if not folder.endswith(".zip")])
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def read_installed_version(package: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
