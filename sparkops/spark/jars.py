"""Delta's jars as local files, resolved once by Spark's Ivy and cached."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sparkops.errors import EngineError, as_clause
from sparkops.spark.host import Host, read_installed_version
from sparkops.spark.java import find_java

SCALA: Final = "2.13"
RESOLVE_TIMEOUT: Final = 600
# Artifacts whose classes Spark has under other names: jcl-over-slf4j, jakarta.annotation-api, RoaringBitmap 1.
REPLACED: Final = frozenset({"commons-logging", "javax.annotation-api", "shims"})
_DONE: Final = "COMPLETE"


def fetch_delta_jars(host: Host | None = None) -> tuple[Path, ...]:
    """Return Delta's jars as local files; the first call on a machine resolves them over the network.

    Args:
        host: Machine whose cache is used; by default this one.

    Raises:
        EngineError: delta-spark is not installed, or its jars cannot be resolved; the message says what to do.
    """
    host = host or Host.current()
    if not has_delta_jars(host):
        _resolve(_locate_folder(host), host)
    return tuple(sorted(_locate_folder(host).glob("*.jar")))


def has_delta_jars(host: Host) -> bool:
    """Return whether the jars are cached, so that no network is needed."""
    return (_locate_folder(host) / _DONE).exists()


def _locate_folder(host: Host) -> Path:
    return (
        host.cache / "jars" / f"spark-{_require_version('pyspark')}-delta-{_require_version('delta-spark')}"
    )


def build_coordinate() -> str:
    """Return the Maven coordinate of Delta for the installed pyspark and delta-spark."""
    spark = ".".join(_require_version("pyspark").split(".")[:2])
    delta = _require_version("delta-spark")
    major, minor = (int(part) for part in delta.split(".")[:2])
    artifact = f"delta-spark_{spark}_{SCALA}" if (major, minor) >= (4, 1) else f"delta-spark_{SCALA}"
    return f"io.delta:{artifact}:{delta}"


def _require_version(package: str) -> str:
    version = read_installed_version(package)
    if version is None:
        raise EngineError(f"{package} is not installed: pip install 'sparkops[spark]'.")
    return version


def _resolve(folder: Path, host: Host) -> None:
    """Resolve into a temporary folder and rename it, so that a failed attempt leaves nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".resolving-") as scratch:
        ivy, jars = Path(scratch) / "ivy", Path(scratch) / "jars"
        jars.mkdir()
        _run_ivy(ivy, host)
        shipped = {_strip_version(jar.name) for jar in (host.spark_home / "jars").glob("*.jar")}
        for jar in _select_needed_jars((ivy / "jars").glob("*.jar"), shipped):
            shutil.move(jar, jars / jar.name)
        (jars / _DONE).write_text(build_coordinate() + "\n", encoding="utf-8")
        try:
            jars.rename(folder)
        except OSError:
            # Another process was faster, or an incomplete folder exists.
            if not (folder / _DONE).exists():
                shutil.rmtree(folder, ignore_errors=True)
                jars.rename(folder)


def _run_ivy(ivy: Path, host: Host) -> None:
    """Run spark-submit to resolve the coordinate; it exits at once, because its standard input is empty."""
    ivy.mkdir()
    known = Path.home() / ".ivy2.5.2" / "cache"
    if known.is_dir():
        (ivy / "cache").symlink_to(known)
    command = [
        str(host.spark_home / "bin" / "spark-submit"),
        "--master",
        "local",
        "--packages",
        build_coordinate(),
    ]
    command += ["--conf", f"spark.jars.ivy={ivy}"]
    settings = host.environ.get("SPARKOPS_IVY_SETTINGS")
    command += ["--conf", f"spark.jars.ivySettings={settings}"] if settings else []
    environ = {**host.environ, "JAVA_HOME": str(find_java(host).home), "SPARK_HOME": str(host.spark_home)}
    environ |= {"_PYSPARK_DRIVER_CONN_INFO_PATH": str(ivy / "gateway"), "SPARK_CONNECT_MODE": "0"}
    try:
        result = subprocess.run(
            [*command, "pyspark-shell"],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RESOLVE_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineError(_describe_failure("no response in ten minutes")) from None
    if not any((ivy / "jars").glob("io.delta_*.jar")):
        raise EngineError(_describe_failure(_find_reason(result.stderr + result.stdout)))


def _describe_failure(reason: str) -> str:
    return (
        f"The jars of Delta ({build_coordinate()}) cannot be resolved: {as_clause(reason)}. They are fetched once "
        "from Maven Central: check the network, or name a mirror in an Ivy settings file and set "
        "SPARKOPS_IVY_SETTINGS to its path."
    )


def _find_reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines()]
    errors = [
        line
        for line in lines
        if re.search(r"not found|UnknownHost|unresolved dependency|Server access|refused", line)
    ]
    if errors:
        return errors[0].strip(":. ")[:200]
    return lines[-1][:200] if lines else "spark-submit printed nothing"


def _select_needed_jars(jars: Iterable[Path], shipped: set[str]) -> list[Path]:
    """Return the jars that Spark does not contain, in any version or under another name."""
    provided = shipped | REPLACED
    return [jar for jar in jars if _strip_version(jar.name.split("_", 1)[-1]) not in provided]


def _strip_version(name: str) -> str:
    """Return a jar's name without its version: `jackson-core` of `jackson-core-2.21.2.jar`."""
    return re.sub(r"-\d[\w.\-]*\.jar$", "", name)
