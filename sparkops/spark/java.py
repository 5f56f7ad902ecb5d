"""Find a Java that Spark 4 runs on."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sparkops.errors import EngineError
from sparkops.spark.host import Host

SUPPORTED: Final = (17, 21)
MEND: Final = (
    "Install a JDK 17 or 21 (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk@17) "
    "and put it on PATH or in JAVA_HOME."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Java:
    """A Java on this machine: its home, its `java` program and its major version."""

    home: Path
    binary: Path
    version: int


def find_java(host: Host | None = None) -> Java:
    """Find a JDK 17 or 21: JAVA_HOME first, then PATH, then the usual folders.

    Args:
        host: What to look at; this machine by default.

    Raises:
        EngineError: There is none, or JAVA_HOME points to another version; the message says what to install.
    """
    host = host or Host.here()
    named = host.environ.get("JAVA_HOME")
    if named:
        return _named(Path(named))
    seen = [java for java in map(_look, _candidates(host)) if java]
    fits = [java for java in seen if java.version in SUPPORTED]
    if fits:
        return fits[0]
    if seen:
        found = ", ".join(f"Java {java.version} at {java.home}" for java in seen)
        raise EngineError(f"Spark needs Java 17 or 21, and this machine has only {found}. {MEND}")
    raise EngineError(f"Spark needs Java, and none was found. {MEND}")


def _named(home: Path) -> Java:
    java = _look(home / "bin" / "java")
    if java is None:
        raise EngineError(f"JAVA_HOME is {home}, and there is no Java in it. {MEND}")
    if java.version not in SUPPORTED:
        raise EngineError(f"JAVA_HOME is {home}, a Java {java.version}; Spark needs 17 or 21. {MEND}")
    return java


def _candidates(host: Host) -> list[Path]:
    on_path = shutil.which("java", path=host.environ.get("PATH", ""))
    folders = [Path("/usr/lib/jvm"), Path("/opt/java"), Path("/Library/Java/JavaVirtualMachines")]
    usual = [binary for folder in folders if folder.is_dir() for binary in sorted(folder.glob("*/bin/java"))]
    mac = [
        binary for folder in folders if folder.is_dir() for binary in folder.glob("*/Contents/Home/bin/java")
    ]
    return ([Path(on_path)] if on_path else []) + usual + mac


def _look(binary: Path) -> Java | None:
    if not binary.is_file():
        return None
    real = binary.resolve()
    home = real.parent.parent
    version = _version_in_release(home) or _version_told(real)
    return Java(home=home, binary=real, version=version) if version else None


def _version_in_release(home: Path) -> int | None:
    """Read the version from the JDK's `release` file: no process needed."""
    try:
        text = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', text, re.MULTILINE)
    return int(match[1]) if match else None


def _version_told(binary: Path) -> int | None:
    try:
        told = subprocess.run([binary, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    return int(match[1]) if match else None
