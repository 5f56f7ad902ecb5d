"""Start the driver's JVM as a child process and connect to it by py4j."""

from __future__ import annotations

import atexit
import re
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sparkops.core.bounded_file import MAX_FACTS, read_bytes
from sparkops.errors import EngineError
from sparkops.spark.jvm_log import JvmLog

# Seconds from the start of the process until it must report its port.
STARTUP_TIMEOUT: Final = 180.0
# The same imports as in pyspark's launch_gateway.
IMPORTS: Final = (
    "org.apache.spark.SparkConf",
    "org.apache.spark.api.java.*",
    "org.apache.spark.api.python.*",
    "org.apache.spark.ml.python.*",
    "org.apache.spark.mllib.api.python.*",
    "org.apache.spark.resource.*",
    "org.apache.spark.sql.Encoders",
    "org.apache.spark.sql.OnSuccessCall",
    "org.apache.spark.sql.functions",
    "org.apache.spark.sql.classic.*",
    "org.apache.spark.sql.api.python.*",
    "org.apache.spark.sql.hive.*",
    "scala.Tuple2",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jvm:
    """A running JVM and its py4j gateway.

    Args:
        process: The child process; exits when its standard input is closed.
        gateway: A py4j `ClientServer`, as pyspark creates it.
    """

    process: subprocess.Popen[bytes]
    gateway: Any

    def stop(self, *, within: float = 20.0) -> None:
        """Close the JVM's standard input and wait for its exit; kill it after `within` seconds."""
        close_stdin(self.process)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def close_stdin(process: subprocess.Popen[bytes]) -> None:
    """Close the JVM's standard input, so that it exits by itself."""
    if process.stdin and not process.stdin.closed:
        process.stdin.close()


def launch(
    command: Callable[[Path], Sequence[str]], *, properties: str, environ: Mapping[str, str], log: JvmLog
) -> Jvm:
    """Start the JVM and connect to it.

    Args:
        command: Function of the properties file that returns the command.
        properties: Text of that file; readable by this user only, and removed when the JVM has started.
        environ: Environment of the JVM.
        log: Receives the JVM's output.

    Raises:
        EngineError: The JVM exited or did not respond; the message contains its error.
    """
    # Only this user can read the folder.
    folder = Path(tempfile.mkdtemp(prefix="sparkops-"))
    # In case this process exits while the JVM starts.
    atexit.register(_remove, folder)
    try:
        file, connection_info = folder / "spark.properties", folder / "gateway"
        file.write_text(properties, encoding="utf-8")
        process = _spawn(
            command(file), {**environ, "_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection_info)}, log
        )
        try:
            port, secret = _await_port(process, connection_info, log)
            return Jvm(process=process, gateway=_connect(port, secret, process))
        except BaseException:
            close_stdin(process)
            process.kill()
            process.wait()
            raise
    finally:
        _remove(folder)
        atexit.unregister(_remove)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _spawn(command: Sequence[str], environ: Mapping[str, str], log: JvmLog) -> subprocess.Popen[bytes]:
    """Start the process in its own session, so that Ctrl-C in the terminal does not reach it."""
    try:
        process = subprocess.Popen(
            command,
            # The JVM exits when this pipe breaks, thus always with this process.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            env={**environ, "SPARK_CONNECT_MODE": "0"},
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(
            f"Java cannot be started: {error} ({command[0]}). Run `sparkops doctor`."
        ) from error
    if process.stdout:
        log.pump(process.stdout)
    return process


def _await_port(process: subprocess.Popen[bytes], connection_info: Path, log: JvmLog) -> tuple[int, str]:
    deadline = time.monotonic() + STARTUP_TIMEOUT
    # The JVM writes the file atomically.
    while not connection_info.is_file():
        exit_code = process.poll()
        if exit_code is not None:
            log.drain()
            raise EngineError(
                f"Spark's JVM exited during startup (exit code {exit_code}): {find_error_line(log.tail(200))}"
            )
        if time.monotonic() > deadline:
            raise EngineError(
                f"Spark's JVM did not respond in {STARTUP_TIMEOUT:.0f} s: {find_error_line(log.tail(200))}"
            )
        time.sleep(0.01)
    content = read_bytes(connection_info, MAX_FACTS)
    port, length = struct.unpack(">ii", content[:8])
    return int(port), content[8 : 8 + length].decode("utf-8")


def find_error_line(output: str) -> str:
    """Return the line of a JVM's output that names the error, without the stack trace."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    frames = ("at ", "... ", "WARNING:", "Error: Could not create")
    messages = [line for line in lines if not line.startswith(frames)]
    errors = [
        line for line in messages if re.search(r"Exception|Error|Invalid|Unrecognized|Could not|cannot", line)
    ]
    return errors[0] if errors else " ".join(messages[-3:]) or "no output."


def _connect(port: int, secret: str, process: subprocess.Popen[bytes]) -> Any:
    from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
    from py4j.java_gateway import java_import

    gateway = ClientServer(
        java_parameters=JavaParameters(port=port, auth_token=secret, auto_convert=True),
        python_parameters=PythonParameters(port=0, eager_load=False),
    )
    gateway.proc = process
    log_failed_calls_as_py4j()
    for name in IMPORTS:
        java_import(gateway.jvm, name)
    return gateway


def log_failed_calls_as_py4j() -> None:
    """Let py4j log failed calls under its own name; under the root logger, Python prints their stack traces.

    The error of the call says what failed. The thread that releases Java objects has no caller at all.
    """
    from py4j import java_gateway

    java_gateway.logging = java_gateway.logger
