"""Class-data sharing (CDS): an archive of the driver's parsed and verified classes, mapped into memory at start."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sparkops.core.bounded_file import MAX_FACTS, read_text
from sparkops.spark.host import Host, read_installed_version
from sparkops.spark.java import Java

# An archive that does not fit is ignored without a message.
_COMMON_OPTIONS: Final = ("-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr")


def locate_archive(host: Host, java: Java, jars: Iterable[Path]) -> Path:
    """Return the path of the archive for this Java, Spark and Delta; it may not exist."""
    release = java.home / "release"
    try:
        facts = [str(java.home), read_text(release, MAX_FACTS)]
    except (OSError, ValueError):
        facts = [str(java.home), str(java.version)]
    facts += [
        str(host.spark_home),
        read_installed_version("pyspark") or "",
        read_installed_version("delta-spark") or "",
    ]
    facts += [f"{jar}:{jar.stat().st_size}:{jar.stat().st_mtime_ns}" for jar in jars]
    name = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:24]
    return host.cache / "archive" / f"{name}.jsa"


def format_use_options(file: Path) -> tuple[str, ...]:
    """Return the JVM options that use an archive; empty if it does not exist."""
    return (f"-XX:SharedArchiveFile={file}", *_COMMON_OPTIONS) if file.is_file() else ()


def format_create_options(file: Path) -> tuple[str, ...]:
    """Return the JVM options that create an archive when the JVM exits."""
    return (f"-XX:ArchiveClassesAtExit={file}", *_COMMON_OPTIONS)
