"""Examine the machine and the project's settings, and say how to fix each problem."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sparkops.config.settings import Settings
from sparkops.core.masking import mask_url_credentials
from sparkops.core.wording import format_count
from sparkops.errors import EngineError, SparkopsError
from sparkops.spark.cds_archive import locate_archive
from sparkops.spark.host import Host, read_installed_version
from sparkops.spark.jars import build_coordinate, fetch_delta_jars
from sparkops.spark.java import find_java
from sparkops.tables.catalog import to_local_path

# Bytes of free disk space that a small project needs.
MIN_FREE_SPACE: Final = 2**30
INSTALL: Final = "pip install 'sparkops[spark]'"
# Lowest version and first unsupported version of each package.
SUPPORTED_VERSIONS: Final = (
    ("pyspark", (4, 0), (4, 2)),
    ("delta-spark", (4, 0), (4, 4, 1)),
    ("py4j", (0, 10, 9, 9), (0, 11)),
    ("pandas", (2, 2), (3,)),
    ("pyarrow", (18,), None),
    ("mlflow", (3, 4), (4,)),
    ("great-expectations", (1, 9), (2,)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of examining one requirement.

    Args:
        name: The requirement.
        ok: Whether it is met.
        detail: What was found.
        fix: How to fix it, if it is not met.
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""


def examine(
    settings: Settings | None = None, *, deep: bool = False, host: Host | None = None
) -> list[Finding]:
    """Examine Java, packages, jars, folders, the model registry and disk space.

    Args:
        settings: The project's settings; without them only the machine is examined.
        deep: Also start Spark and write, read and compare a small Delta table.
        host: The machine to examine; by default this one.
    """
    host = host or Host.current()
    findings = [
        _catch_errors("java", lambda: _examine_java(host)),
        *_examine_packages(),
        _catch_errors("jars", lambda: _examine_jars(host)),
    ]
    findings += [_catch_errors("class-data archive", lambda: _examine_archive(host)), _examine_python(host)]
    if settings is not None:
        findings += [
            *_examine_folders(settings),
            _examine_registry(settings),
            _examine_free_space(settings.root),
        ]
        if deep:
            findings.append(_catch_errors("round trip", lambda: _examine_round_trip(settings)))
    return findings


def _catch_errors(name: str, examination: Callable[[], Finding]) -> Finding:
    """Run an examination; convert a SparkopsError to a finding, because its message says what to do."""
    try:
        return examination()
    except SparkopsError as error:
        head, _, rest = str(error).partition(". ")
        return Finding(name=name, ok=False, detail=head, fix=rest or "See the message.")


def _examine_java(host: Host) -> Finding:
    java = find_java(host)
    return Finding(name="java", ok=True, detail=f"Java {java.version} at {java.home}")


def _examine_packages() -> Iterator[Finding]:
    for package, low, high in SUPPORTED_VERSIONS:
        version = read_installed_version(package)
        if version is None:
            yield Finding(name=package, ok=False, detail="not installed", fix=INSTALL)
            continue
        is_supported = _parse_version(version) >= low and (high is None or _parse_version(version) < high)
        required = f">={_format_version(low)}" + (f",<{_format_version(high)}" if high else "")
        fix = "" if is_supported else f"pip install '{package}{required}'"
        yield Finding(
            name=package,
            ok=is_supported,
            detail=version if is_supported else f"{version}, required {required}",
            fix=fix,
        )


def _parse_version(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split("+", maxsplit=1)[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _format_version(parts: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in parts)


def _examine_jars(host: Host) -> Finding:
    jars = fetch_delta_jars(host)
    return Finding(
        name="jars", ok=True, detail=f"{build_coordinate()}: {len(jars)} files in {jars[0].parent}"
    )


def _examine_archive(host: Host) -> Finding:
    if not host.is_spark_bundled:
        return Finding(
            name="class-data archive", ok=True, detail="not used with this Spark's own configuration"
        )
    file = locate_archive(host, find_java(host), fetch_delta_jars(host))
    if file.is_file():
        return Finding(
            name="class-data archive", ok=True, detail=f"{file.stat().st_size / 2**20:.0f} MB at {file}"
        )
    fix = "python -m sparkops.spark.prepare"
    return Finding(
        name="class-data archive", ok=True, detail=f"not created; Spark starts slower without it. {fix}"
    )


def _examine_python(host: Host) -> Finding:
    can_run = shutil.which(host.python) is not None
    fix = "" if can_run else "Unset PYSPARK_PYTHON, or set it to a Python that the workers can run."
    return Finding(name="python of the workers", ok=can_run, detail=host.python, fix=fix)


def _examine_folders(settings: Settings) -> Iterator[Finding]:
    folders = {"state": str(settings.state), "warehouse": settings.warehouse, "reports": settings.reports}
    for name, folder in folders.items():
        path = to_local_path(folder)
        if path is None:
            yield Finding(name=name, ok=True, detail=f"{folder} (not a local folder: not examined)")
        else:
            yield _examine_write_access(name, path)


def _examine_write_access(name: str, path: Path) -> Finding:
    """Write a file into the folder, or into its nearest existing parent."""
    existing = path
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        with tempfile.NamedTemporaryFile(dir=existing, prefix=".sparkops-doctor-"):
            return Finding(name=name, ok=True, detail=f"{path} can be written to")
    except OSError as error:
        fix = f"Give this user write access to {existing}, or set another folder in conf/."
        return Finding(name=name, ok=False, detail=f"{path} cannot be written to: {error.strerror}", fix=fix)


def _examine_registry(settings: Settings) -> Finding:
    uri = settings.models.tracking_uri
    if uri is None:
        return _examine_registry_file(settings.state / "mlflow" / "mlflow.db")
    if uri.startswith("sqlite:"):
        return _examine_registry_file(Path(urlsplit(uri).path.removeprefix("/")))
    if uri.startswith(("http://", "https://")):
        return _examine_registry_server(uri)
    return Finding(name="model registry", ok=True, detail=f"{mask_url_credentials(uri)} (not examined)")


def _examine_registry_file(file: Path) -> Finding:
    if not file.exists():
        return Finding(name="model registry", ok=True, detail=f"{file} is created with the first model")
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as store:
            count = store.execute("SELECT count(*) FROM registered_models").fetchone()[0]
    except sqlite3.Error as error:
        fix = f"Restore {file} from a backup, or move it away to start a new registry."
        return Finding(name="model registry", ok=False, detail=f"{file}: {error}", fix=fix)
    return Finding(name="model registry", ok=True, detail=f"{file}: {format_count(count, 'model')}")


def _examine_registry_server(uri: str) -> Finding:
    from sparkops.core.http_client import open_url, remove_credentials

    server = remove_credentials(uri)
    try:
        with open_url(f"{uri.rstrip('/')}/health", timeout=5) as answer:
            answer.read(1000)
    except (OSError, HTTPException, ValueError) as error:
        fix = "Start the MLflow server, or correct `models.tracking_uri` in conf/."
        return Finding(name="model registry", ok=False, detail=f"{server} does not respond: {error}", fix=fix)
    return Finding(name="model registry", ok=True, detail=f"{server} responds")


def _examine_free_space(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    is_enough = free >= MIN_FREE_SPACE
    fix = "" if is_enough else f"Free some space on the disk of {root}."
    return Finding(name="disk space", ok=is_enough, detail=f"{free / 2**30:.1f} GB free", fix=fix)


def _examine_round_trip(settings: Settings) -> Finding:
    """Start Spark as a run does, write a small Delta table twice and read both versions back."""
    from sparkops.spark import Starter

    starter = Starter(settings, app="sparkops-doctor")
    try:
        spark = starter.session()
        with tempfile.TemporaryDirectory(prefix="sparkops-doctor-") as folder:
            path = os.path.join(folder, "table")  # noqa: PTH118 - Spark takes text
            for rows in (3, 5):
                spark.range(rows).write.format("delta").mode("overwrite").save(path)
            counts = [
                spark.read.format("delta").option("versionAsOf", version).load(path).count()
                for version in (0, 1)
            ]
        if counts != [3, 5]:
            raise EngineError(
                f"A Delta table read back {counts} rows where 3 and 5 were written. Reinstall: {INSTALL}."
            )
        return Finding(
            name="round trip", ok=True, detail=f"Spark {spark.version} wrote and read a Delta table"
        )
    finally:
        starter.stop()
