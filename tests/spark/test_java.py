"""Finding a Java, and saying what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.errors import EngineError
from sparkops.spark.host import Host
from sparkops.spark.java import find_java


def host(tmp_path: Path, **environ: str) -> Host:
    return Host(environ=environ, cache=tmp_path / "cache", python="python3")


def fake_java(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text("#!/bin/sh\n")
    (home / "bin" / "java").chmod(0o755)
    (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return home


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home = fake_java(tmp_path / "jdk21", "21.0.3")
    other = fake_java(tmp_path / "jdk17", "17.0.1")
    java = find_java(host(tmp_path, JAVA_HOME=str(home), PATH=str(other / "bin")))
    assert (java.home, java.version) == (home, 21)


def test_a_java_home_of_another_version_is_named_with_what_to_install(tmp_path: Path) -> None:
    home = fake_java(tmp_path / "jdk8", "1.8.0_392")
    with pytest.raises(EngineError, match=r"a Java 8; Spark needs 17 or 21. Install a JDK 17 or 21"):
        find_java(host(tmp_path, JAVA_HOME=str(home)))


def test_a_java_home_without_java_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=f"JAVA_HOME is {tmp_path}, and there is no Java in it"):
        find_java(host(tmp_path, JAVA_HOME=str(tmp_path)))


def test_a_supported_java_on_the_path_is_used(tmp_path: Path) -> None:
    home = fake_java(tmp_path / "jdk", "17.0.9")
    assert find_java(host(tmp_path, PATH=str(home / "bin"))).home == home
