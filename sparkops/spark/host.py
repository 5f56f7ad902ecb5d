"""What this machine and this process say about Spark and Java: the one reader of the environment here."""

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
    """Where things are.

    Args:
        environ: The process environment.
        cache: Folder of this user for what is made once: jars, the class-data archive.
        python: Interpreter that Spark's Python workers use.
    """

    environ: Mapping[str, str]
    cache: Path
    python: str

    @classmethod
    def here(cls) -> Self:
        """Look at the environment of this process."""
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        python = os.environ.get("PYSPARK_PYTHON") or sys.executable
        return cls(environ=dict(os.environ), cache=Path(base) / "sparkops", python=python)

    @property
    def spark_home(self) -> Path:
        """Return the folder that holds `bin/` and `jars/`: SPARK_HOME, else the installed pyspark."""
        given = self.environ.get("SPARK_HOME")
        return Path(given) if given else bundled_spark()

    @property
    def spark_is_bundled(self) -> bool:
        """Tell whether Spark is the pyspark package's own, with no site configuration beside it."""
        home = self.spark_home
        conf = Path(self.environ.get("SPARK_CONF_DIR") or home / "conf")
        site = any(
            (conf / name).exists() for name in ("spark-env.sh", "spark-defaults.conf", "log4j2.properties")
        )
        site = site or "PYSPARK_SUBMIT_ARGS" in self.environ
        return not site and home.resolve() == bundled_spark().resolve()

    @property
    def under_submit(self) -> bool:
        """Tell whether `spark-submit` started this process and holds the JVM."""
        return "PYSPARK_GATEWAY_PORT" in self.environ

    @property
    def on_databricks(self) -> bool:
        """Tell whether this process runs in a Databricks runtime."""
        return "DATABRICKS_RUNTIME_VERSION" in self.environ


def bundled_spark() -> Path:
    """Find the installed pyspark's folder without importing it."""
    spec = PathFinder.find_spec("pyspark")  # the folder on disk, whatever stands in sys.modules meanwhile
    if spec is None or not spec.submodule_search_locations:
        raise EngineError("pyspark is not installed here: pip install 'sparkops[spark]'.")
    return Path(next(iter(spec.submodule_search_locations)))


def installed(package: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
