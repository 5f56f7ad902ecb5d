"""Delta's jars as local files: resolved once by Spark's own Ivy, then never asked for again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sparkops.errors import EngineError
from sparkops.spark.host import Host, installed
from sparkops.spark.java import find_java

SCALA: Final = "2.13"
RESOLVE_FOR: Final = 600  # seconds
# Brought by Spark under another name: jcl-over-slf4j, jakarta.annotation-api, RoaringBitmap 1.
REPLACED: Final = frozenset({"commons-logging", "javax.annotation-api", "shims"})
_DONE: Final = "COMPLETE"


def delta_jars(host: Host | None = None) -> tuple[Path, ...]:
    """Return Delta's jars as local files; the first call of a machine resolves them over the network.

    Args:
        host: Where the cache is; this user's by default.

    Raises:
        EngineError: delta-spark is not installed, or its jars cannot be resolved; the message says what to do.
    """
    host = host or Host.here()
    if not jars_are_here(host):
        _resolve(_folder(host), host)
    return tuple(sorted(_folder(host).glob("*.jar")))


def jars_are_here(host: Host) -> bool:
    """Tell whether the jars are resolved already, so that no network is needed."""
    return (_folder(host) / _DONE).exists()


def _folder(host: Host) -> Path:
    return host.cache / "jars" / f"spark-{_version('pyspark')}-delta-{_version('delta-spark')}"


def coordinate() -> str:
    """Return the Maven coordinate of Delta that fits the installed pyspark and delta-spark."""
    spark = ".".join(_version("pyspark").split(".")[:2])
    delta = _version("delta-spark")
    major, minor = (int(part) for part in delta.split(".")[:2])
    artifact = f"delta-spark_{spark}_{SCALA}" if (major, minor) >= (4, 1) else f"delta-spark_{SCALA}"
    return f"io.delta:{artifact}:{delta}"


def _version(package: str) -> str:
    found = installed(package)
    if found is None:
        raise EngineError(f"{package} is not installed here: pip install 'sparkops[spark]'.")
    return found


def _resolve(folder: Path, host: Host) -> None:
    """Resolve into a new folder and move it into place, so that a broken attempt leaves nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".resolving-") as scratch:
        ivy, kept = Path(scratch) / "ivy", Path(scratch) / "kept"
        kept.mkdir()
        _ask_ivy(ivy, host)
        shipped = {_artifact(jar.name) for jar in (host.spark_home / "jars").glob("*.jar")}
        for jar in _wanted((ivy / "jars").glob("*.jar"), shipped):
            shutil.move(jar, kept / jar.name)
        (kept / _DONE).write_text(coordinate() + "\n", encoding="utf-8")
        try:
            kept.rename(folder)
        except OSError:  # another process was quicker, or a broken folder stands there
            if not (folder / _DONE).exists():
                shutil.rmtree(folder, ignore_errors=True)
                kept.rename(folder)


def _ask_ivy(ivy: Path, host: Host) -> None:
    """Let Spark resolve the coordinate: a Python gateway that ends at once, because its input is empty."""
    ivy.mkdir()
    known = Path.home() / ".ivy2.5.2" / "cache"
    if known.is_dir():
        (ivy / "cache").symlink_to(known)
    command = [str(host.spark_home / "bin" / "spark-submit"), "--master", "local", "--packages", coordinate()]
    command += ["--conf", f"spark.jars.ivy={ivy}"]
    settings = host.environ.get("SPARKOPS_IVY_SETTINGS")
    command += ["--conf", f"spark.jars.ivySettings={settings}"] if settings else []
    environ = {**host.environ, "JAVA_HOME": str(find_java(host).home), "SPARK_HOME": str(host.spark_home)}
    environ |= {"_PYSPARK_DRIVER_CONN_INFO_PATH": str(ivy / "gateway"), "SPARK_CONNECT_MODE": "0"}
    try:
        told = subprocess.run(
            [*command, "pyspark-shell"],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RESOLVE_FOR,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineError(_cannot("no answer in ten minutes")) from None
    if not any((ivy / "jars").glob("io.delta_*.jar")):
        raise EngineError(_cannot(_reason(told.stderr + told.stdout)))


def _cannot(reason: str) -> str:
    return (
        f"The jars of Delta ({coordinate()}) cannot be resolved: {reason}. They are fetched once from Maven Central:"
        " check the network, or name a mirror in an Ivy settings file and set SPARKOPS_IVY_SETTINGS to its path."
    )


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines()]
    told = [
        line
        for line in lines
        if re.search(r"not found|UnknownHost|unresolved dependency|Server access|refused", line)
    ]
    return told[0].strip(":. ")[:200] if told else (lines[-1][:200] if lines else os.strerror(5))


def _wanted(jars: Iterable[Path], shipped: set[str]) -> list[Path]:
    """Leave out what Spark ships itself, in whatever version, or brings under another name."""
    left_out = shipped | REPLACED
    return [jar for jar in jars if _artifact(jar.name.split("_", 1)[-1]) not in left_out]


def _artifact(name: str) -> str:
    """Return a jar's name without its version: `jackson-core` of `jackson-core-2.21.2.jar`."""
    return re.sub(r"-\d[\w.\-]*\.jar$", "", name)
