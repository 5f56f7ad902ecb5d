"""The driver's JVM as a child process, and the py4j gateway into it."""

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

from sparkops.errors import EngineError
from sparkops.spark.jvm_log import JvmLog

ANSWER_WITHIN: Final = 180.0  # seconds from the start of the process to its port
# The names that pyspark's own launch_gateway brings in.
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
    """A running JVM and the way into it.

    Args:
        process: The child process; it ends when its standard input is closed.
        gateway: A py4j `ClientServer`, as pyspark makes it.
    """

    process: subprocess.Popen[bytes]
    gateway: Any

    def stop(self, *, within: float = 20.0) -> None:
        """Close the JVM's standard input, which ends it, and wait; kill it when it does not end."""
        let_go(self.process)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def let_go(process: subprocess.Popen[bytes]) -> None:
    """Close the JVM's standard input: it ends by itself, in its own time."""
    if process.stdin and not process.stdin.closed:
        process.stdin.close()


def launch(
    command: Callable[[Path], Sequence[str]], *, properties: str, environ: Mapping[str, str], log: JvmLog
) -> Jvm:
    """Start the JVM and connect to it.

    Args:
        command: From the properties file to the command.
        properties: Text of that file; it is readable by this user alone and removed once the JVM is up.
        environ: Environment of the JVM.
        log: Takes the JVM's output.

    Raises:
        EngineError: The JVM ended, or did not answer; the message holds its last words.
    """
    folder = Path(tempfile.mkdtemp(prefix="sparkops-"))  # mode 0700
    atexit.register(_remove, folder)  # should this process end while the JVM comes up
    try:
        file, answer = folder / "spark.properties", folder / "gateway"
        file.write_text(properties, encoding="utf-8")
        process = _spawn(command(file), {**environ, "_PYSPARK_DRIVER_CONN_INFO_PATH": str(answer)}, log)
        try:
            port, secret = _await_port(process, answer, log)
            return Jvm(process=process, gateway=_connect(port, secret, process))
        except BaseException:
            let_go(process)
            process.kill()
            process.wait()
            raise
    finally:
        _remove(folder)
        atexit.unregister(_remove)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _spawn(command: Sequence[str], environ: Mapping[str, str], log: JvmLog) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own: a Ctrl-C at the terminal is not for it."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # the JVM ends when this pipe breaks: with this process, however it ends
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


def _await_port(process: subprocess.Popen[bytes], answer: Path, log: JvmLog) -> tuple[int, str]:
    until = time.monotonic() + ANSWER_WITHIN
    while not answer.is_file():  # the JVM moves it into place whole
        ended = process.poll()
        if ended is not None:
            log.drain()
            raise EngineError(
                f"Spark's JVM ended at its start (exit code {ended}): {last_words(log.tail(200))}"
            )
        if time.monotonic() > until:
            raise EngineError(
                f"Spark's JVM gave no answer in {ANSWER_WITHIN:.0f} s: {last_words(log.tail(200))}"
            )
        time.sleep(0.01)
    told = answer.read_bytes()
    port, length = struct.unpack(">ii", told[:8])
    return int(port), told[8 : 8 + length].decode("utf-8")


def last_words(output: str) -> str:
    """Pick the line of a JVM's output that says what went wrong, without the stack trace under it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    frames = ("at ", "... ", "WARNING:", "Error: Could not create")
    spoken = [line for line in lines if not line.startswith(frames)]
    telling = [
        line for line in spoken if re.search(r"Exception|Error|Invalid|Unrecognized|Could not|cannot", line)
    ]
    return telling[0] if telling else " ".join(spoken[-3:]) or "it said nothing."


def _connect(port: int, secret: str, process: subprocess.Popen[bytes]) -> Any:
    from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
    from py4j.java_gateway import java_import

    gateway = ClientServer(
        java_parameters=JavaParameters(port=port, auth_token=secret, auto_convert=True),
        python_parameters=PythonParameters(port=0, eager_load=False),
    )
    gateway.proc = process
    for name in IMPORTS:
        java_import(gateway.jvm, name)
    return gateway
