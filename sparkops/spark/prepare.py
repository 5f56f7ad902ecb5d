"""Prepare a machine: fetch Delta's jars and create the class-data archive. `python -m sparkops.spark.prepare`."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sparkops.config.settings import Settings, SparkSettings
from sparkops.core.atomic_file import temporary_beside
from sparkops.errors import SparkopsError
from sparkops.spark.attach import attach, detach
from sparkops.spark.cds_archive import format_create_options, locate_archive
from sparkops.spark.cds_training import train_archive
from sparkops.spark.host import Host
from sparkops.spark.jars import fetch_delta_jars, has_delta_jars
from sparkops.spark.java import find_java
from sparkops.spark.jvm_log import JvmLog
from sparkops.spark.launcher import QUICK_COMPILER, launch_spark

# Seconds that the JVM may take to write the archive at exit.
DUMP_TIMEOUT: Final = 300.0
MAX_ARCHIVES: Final = 4

_logger = logging.getLogger("sparkops.spark")


def create_archive(host: Host | None = None) -> Path | None:
    """Create the class-data archive of the local driver if it does not exist, and return its path.

    The archive only saves time: a JVM that cannot use it starts without it.

    Args:
        host: The machine; by default this one.

    Returns:
        None if Spark is not the bundled one, whose class path is known, or if the JVM wrote no archive.
    """
    host = host or Host.current()
    if not host.is_spark_bundled:
        return None
    file = locate_archive(host, find_java(host), fetch_delta_jars(host))
    if file.is_file():
        return file
    started = time.monotonic()
    with temporary_beside(file) as archive:
        _dump(archive, host)
        if not archive.is_file():
            return None
        archive.replace(file)
    _remove_old(file.parent)
    _logger.info("Created the class-data archive in %.0f s: %s", time.monotonic() - started, file)
    return file


def _remove_old(folder: Path) -> None:
    """Keep only the newest archives. Each checkout has its own, and a running JVM keeps its mapping."""
    by_age = sorted(folder.glob("*.jsa"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in by_age[MAX_ARCHIVES:]:
        old.unlink(missing_ok=True)


def _dump(file: Path, host: Host) -> None:
    """Run the training workload in a JVM that writes the archive at exit."""
    with tempfile.TemporaryDirectory(prefix="sparkops-cds-training-") as name:
        folder = Path(name)
        spark = SparkSettings(conf={"spark.sql.shuffle.partitions": 2, "spark.sql.ansi.enabled": True})
        settings = Settings(root=folder, env="base", state=folder / ".sparkops", spark=spark)
        launched = launch_spark(
            settings,
            host=host,
            log=JvmLog(),
            app="sparkops-cds-training",
            jvm_options=(*QUICK_COMPILER, *format_create_options(file)),
        )
        try:
            train_archive(attach(launched), folder)
        finally:
            launched.jvm.stop(within=DUMP_TIMEOUT)
            detach(launched)


def is_ready(host: Host | None = None) -> bool:
    """Return whether jars and archive exist; starts and fetches nothing."""
    host = host or Host.current()
    try:
        java = find_java(host)
        if not has_delta_jars(host):
            return False
        return not host.is_spark_bundled or locate_archive(host, java, fetch_delta_jars(host)).is_file()
    except SparkopsError:
        return False


def main(arguments: Sequence[str]) -> int:
    """Create what is missing; print one line to standard error on failure."""
    _logger.addHandler(logging.StreamHandler(sys.stderr))
    _logger.setLevel(logging.WARNING if "--quiet" in arguments else logging.INFO)
    try:
        fetch_delta_jars()
        create_archive()
    except SparkopsError as error:
        _logger.error("%s", error)  # noqa: TRY400 - a message for users, without a stack trace
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
