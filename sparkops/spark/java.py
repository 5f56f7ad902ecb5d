"""Find a Java that Spark 4 supports."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sparkops.core.bounded_file import MAX_FACTS, read_text
from sparkops.errors import EngineError
from sparkops.spark.host import Host

SUPPORTED: Final = (17, 21)
ADVICE: Final = (
    "Install a JDK 17 or 21 (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk@17) "
    "and put it on PATH or in JAVA_HOME."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Java:
    """A Java on this machine: home folder, `java` executable and major version."""

    home: Path
    binary: Path
    version: int


def find_java(host: Host | None = None) -> Java:
    """Find a JDK 17 or 21: from JAVA_HOME, PATH or the usual folders.

    Args:
        host: The machine to examine; by default this one.

    Raises:
        EngineError: None is found, or JAVA_HOME is another version; the message says what to install.
    """
    host = host or Host.current()
    java_home = host.environ.get("JAVA_HOME")
    if java_home:
        return _read_java_home(Path(java_home))
    all_javas = [java for java in map(_inspect, _find_candidates(host)) if java]
    supported = [java for java in all_javas if java.version in SUPPORTED]
    if supported:
        return supported[0]
    if all_javas:
        versions = ", ".join(f"Java {java.version} at {java.home}" for java in all_javas)
        raise EngineError(f"Spark needs Java 17 or 21, and this machine has only {versions}. {ADVICE}")
    raise EngineError(f"Spark needs Java, and none was found. {ADVICE}")


def _read_java_home(home: Path) -> Java:
    java = _inspect(home / "bin" / "java")
    if java is None:
        raise EngineError(f"JAVA_HOME is {home}, and there is no Java in it. {ADVICE}")
    if java.version not in SUPPORTED:
        raise EngineError(f"JAVA_HOME is {home}, a Java {java.version}; Spark needs 17 or 21. {ADVICE}")
    return java


def _find_candidates(host: Host) -> list[Path]:
    on_path = shutil.which("java", path=host.environ.get("PATH", ""))
    folders = [Path("/usr/lib/jvm"), Path("/opt/java"), Path("/Library/Java/JavaVirtualMachines")]
    usual = [binary for folder in folders if folder.is_dir() for binary in sorted(folder.glob("*/bin/java"))]
    mac = [
        binary for folder in folders if folder.is_dir() for binary in folder.glob("*/Contents/Home/bin/java")
    ]
    return ([Path(on_path)] if on_path else []) + usual + mac


def _inspect(binary: Path) -> Java | None:
    if not binary.is_file():
        return None
    real = binary.resolve()
    home = real.parent.parent
    version = _read_version_from_release(home) or _read_version_from_process(real)
    return Java(home=home, binary=real, version=version) if version else None


def _read_version_from_release(home: Path) -> int | None:
    """Read the version from the JDK's `release` file, which needs no process."""
    try:
        text = read_text(home / "release", MAX_FACTS)
    except (OSError, ValueError):
        return None
    match = re.search(r'^JAVA_VERSION="(?:1\.)?(\d{1,4})', text, re.MULTILINE)
    return int(match[1]) if match else None


def _read_version_from_process(binary: Path) -> int | None:
    try:
        result = subprocess.run([binary, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', result.stderr + result.stdout)
    return int(match[1]) if match else None
