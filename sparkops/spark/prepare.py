"""What is made once per machine: Delta's jars and the class-data archive. `python -m sparkops.spark.prepare`."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sparkops.config.settings import Settings, SparkSettings
from sparkops.errors import SparkopsError
from sparkops.spark.attach import attach, detach
from sparkops.spark.cds_archive import archive_file, making
from sparkops.spark.cds_training import rehearse
from sparkops.spark.host import Host
from sparkops.spark.jars import delta_jars, jars_are_here
from sparkops.spark.java import find_java
from sparkops.spark.jvm_log import JvmLog
from sparkops.spark.launched import QUICK, launch_spark

DUMP_WITHIN: Final = 300.0  # seconds from the JVM's end to a whole archive
KEPT: Final = 4  # archives

_logger = logging.getLogger("sparkops.spark")


def make_archive(host: Host | None = None) -> Path | None:
    """Make the class-data archive of the local driver, unless it is there; return it.

    None where Spark is not the bundled one: its class path is the site's own. The archive only saves time:
    a JVM that cannot use it starts without.

    Args:
        host: Where to look and to keep it; this machine by default.
    """
    host = host or Host.here()
    if not host.spark_is_bundled:
        return None
    file = archive_file(host, find_java(host), delta_jars(host))
    if file.is_file():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_suffix(f".{os.getpid()}")
    started = time.monotonic()
    try:
        _dump(scratch, host)
        if not scratch.is_file():
            return None
        scratch.replace(file)
        _forget_old(file.parent)
    finally:
        scratch.unlink(missing_ok=True)
    _logger.info("Made the class-data archive in %.0f s: %s", time.monotonic() - started, file)
    return file


def _forget_old(folder: Path) -> None:
    """Keep the newest few: each checkout has its own, and each is large; a running JVM keeps what it has mapped."""
    by_age = sorted(folder.glob("*.jsa"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in by_age[KEPT:]:
        old.unlink(missing_ok=True)


def _dump(file: Path, host: Host) -> None:
    """Run the rehearsal in a JVM that writes the archive when it ends."""
    with tempfile.TemporaryDirectory(prefix="sparkops-rehearsal-") as name:
        folder = Path(name)
        spark = SparkSettings(conf={"spark.sql.shuffle.partitions": 2, "spark.sql.ansi.enabled": True})
        settings = Settings(root=folder, env="base", state=folder / ".sparkops", spark=spark)
        launched = launch_spark(
            settings, host=host, log=JvmLog(), app="sparkops-rehearsal", jvm_options=(*QUICK, *making(file))
        )
        try:
            rehearse(attach(launched), folder)
        finally:
            launched.jvm.stop(within=DUMP_WITHIN)
            detach(launched)


def ready(host: Host | None = None) -> bool:
    """Tell whether everything that is made once is there; starts nothing and fetches nothing."""
    host = host or Host.here()
    try:
        java = find_java(host)
        if not jars_are_here(host):
            return False
        return not host.spark_is_bundled or archive_file(host, java, delta_jars(host)).is_file()
    except SparkopsError:
        return False


def main(arguments: Sequence[str]) -> int:
    """Make what is missing; one line on standard error when something cannot be made."""
    _logger.addHandler(logging.StreamHandler(sys.stderr))
    _logger.setLevel(logging.WARNING if "--quiet" in arguments else logging.INFO)
    try:
        delta_jars()
        make_archive()
    except SparkopsError as error:
        _logger.error("%s", error)  # noqa: TRY400 - a message for a person, no trace
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
