"""Build the command that starts the driver's JVM, without the two shells and the second JVM of Spark's scripts."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from sparkops.core.atomic_file import replace_file
from sparkops.core.bounded_file import MAX_FACTS, parse_json, read_text
from sparkops.errors import EngineError
from sparkops.spark.host import Host, read_installed_version
from sparkops.spark.java import Java

# The main class of the driver's JVM, and the name that it takes instead of a program when Python starts it.
MAIN: Final = "org.apache.spark.deploy.SparkSubmit"
SHELL: Final = "pyspark-shell"
_LAUNCHER: Final = "org.apache.spark.launcher.Main"


def build_direct_command(
    host: Host, java: Java, *, conf: Mapping[str, str], properties: Path, jvm: Sequence[str]
) -> list[str]:
    """Return the command that Spark's launcher runs for this configuration.

    Args:
        host: This machine.
        java: The Java to run.
        conf: The configuration; memory, class path and Java options of the driver are read from it.
        properties: Properties file with the complete configuration.
        jvm: Additional JVM options; the project's own options take precedence.
    """
    program, _, class_path, *options = build_launcher_command(host, java)
    extra = conf.get("spark.driver.extraClassPath")
    launcher_options = [option for option in options if not option.startswith("-Xmx")]
    project_options = [
        *shlex.split(conf.get("spark.driver.defaultJavaOptions", "")),
        *shlex.split(conf.get("spark.driver.extraJavaOptions", "")),
    ]
    memory = f"-Xmx{conf.get('spark.driver.memory', '1g')}"
    head = [
        program,
        "-cp",
        f"{extra}:{class_path}" if extra else class_path,
        memory,
        *launcher_options,
        *jvm,
        *project_options,
    ]
    return [*head, MAIN, "--properties-file", str(properties), SHELL]


def build_script_command(host: Host, *, properties: Path) -> list[str]:
    """Return the command of Spark's own script: for a Spark with site configuration, YARN or Kubernetes."""
    arguments = shlex.split(host.environ.get("PYSPARK_SUBMIT_ARGS", SHELL))
    return [str(host.spark_home / "bin" / "spark-submit"), "--properties-file", str(properties), *arguments]


def build_driver_environ(host: Host, java: Java, *, python: str, paths: Sequence[Path]) -> dict[str, str]:
    """Return the environment of the JVM, which the Python workers inherit.

    Args:
        host: This machine.
        java: The Java to run.
        python: Interpreter of the workers.
        paths: Folders from which the workers import the project's own modules.
    """
    before = host.environ.get("PYTHONPATH")
    path = ":".join([*(str(folder) for folder in paths), *([before] if before else [])])
    environ = {**host.environ, "SPARK_HOME": str(host.spark_home), "JAVA_HOME": str(java.home)}
    environ |= {"PYSPARK_PYTHON": python, "PYTHONPATH": path}
    environ.setdefault("PYTHONHASHSEED", "0")
    return {
        key: value for key, value in environ.items() if key not in {"PYSPARK_SUBMIT_ARGS", "SPARK_REMOTE"}
    }


def build_launcher_command(host: Host, java: Java) -> list[str]:
    """Return the launcher's command for a driver up to the main class; computed once and cached.

    Raises:
        EngineError: The launcher fails.
    """
    cache = host.cache / "launch" / f"{_compute_cache_key(host, java)}.json"
    try:
        command = list(parse_json(read_text(cache, MAX_FACTS)))
    except (OSError, TypeError, ValueError):
        command = _run_launcher(host, java)
        _write_cache(cache, command)
    return [str(part) for part in command]


def _run_launcher(host: Host, java: Java) -> list[str]:
    home = host.spark_home
    arguments = [str(java.binary), "-Xmx128m", "-cp", f"{home}/jars/*", _LAUNCHER, MAIN, SHELL]
    environ = {
        **host.environ,
        "SPARK_HOME": str(home),
        "JAVA_HOME": str(java.home),
        "SPARK_SCALA_VERSION": "2.13",
    }
    result = subprocess.run(arguments, env=environ, capture_output=True, check=False, timeout=60)
    parts = result.stdout.decode("utf-8", "replace").split("\0")
    command = [part.lstrip("\n") for part in parts if part.strip("\n")]
    if result.returncode or MAIN not in command or "-cp" not in command[:2]:
        reason = result.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EngineError(
            f"Spark's launcher in {home} fails: {reason[0] if reason else 'no output'}."
            " Is pyspark complete? pip install --force-reinstall pyspark."
        )
    return command[: command.index(MAIN)]


def _compute_cache_key(host: Host, java: Java) -> str:
    jars = host.spark_home / "jars"
    facts = (
        str(host.spark_home),
        read_installed_version("pyspark"),
        str(java.binary),
        java.version,
        jars.stat().st_mtime_ns,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def _write_cache(file: Path, command: list[str]) -> None:
    """Write the file atomically; a cache that cannot be written only costs time."""
    with suppress(OSError):
        replace_file(file, json.dumps(command), durable=False)
