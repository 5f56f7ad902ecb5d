"""The process of a model: started on first use, used for many requests, ended with the process that uses it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from sparkops.core.wording import truncate
from sparkops.errors import ModelError, RowError
from sparkops.pyfunc.worker.manifest import Manifest, verify_folder
from sparkops.pyfunc.worker.worker_settings import choose_default_limits

Columns = Mapping[str, Sequence[Any]]
Answers = Mapping[str, tuple[str, int | None, list[Any]]]
"""Output to its type, the length of its vectors, and its values."""

# Seconds until a model is loaded: TensorFlow needs many.
_START_TIMEOUT = 300.0
# Longest part of the model's own error that is shown, in characters.
_MAX_MESSAGE = 500
_STDERR_TAIL = 4000
# Seconds that a process whose pipes were closed may take to end.
_END_TIMEOUT = 2.0
# Environment variables that the model's code may see: none of them can hold a secret. Those of TensorFlow by their
# names, because `TF_VAR_` and `TF_TOKEN_` begin names of Terraform's secrets.
_PASSED_VARIABLES = re.compile(
    r"PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|DYLD_\w+|SYSTEMROOT|(OMP|MKL|OPENBLAS|CUDA|XLA)_\w+"
    r"|TF_(CPP|CUDNN|ENABLE|DISABLE|DETERMINISTIC|FORCE|GPU|NUM|USE|XLA)_\w+|KERAS_(BACKEND|HOME)|NVIDIA_\w+"
    r"|MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
)
# Whatever their name: text that is named like this is a secret.
_SECRET_NAMES = re.compile(r".*(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|PRIVATE).*", re.IGNORECASE)
_CONFINED = Path(__file__).with_name("confined_main.py")
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}


class Worker(Protocol):
    """Scores rows for a `PyfuncScorer`."""

    def answer(self, columns: Columns) -> Answers:
        """Return the answers to rows by column; RowError if the model refuses them as a whole."""

    def close(self) -> None:
        """End the worker; a later request starts it again."""


class _WorkerExitError(Exception):
    """The process ended before it answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerProgram:
    """What a model's process runs.

    Args:
        script: The main program, which imports nothing of sparkops.
        request: The first request, in addition to the model's folder.
        passed_variables: Further environment variables that the process gets.
        end_timeout: Seconds that it may take to end.
        limits: Limits of the process by their names in `confined_main`.
    """

    script: Path
    request: Mapping[str, Any] = field(default_factory=dict)
    passed_variables: re.Pattern[str] = re.compile("(?!)")
    end_timeout: float = _END_TIMEOUT
    limits: Mapping[str, int] = field(default_factory=choose_default_limits)


def build_pyfunc_program(manifest: Manifest, limits: Mapping[str, int] | None = None) -> WorkerProgram:
    """Return the program of a pyfunc model's process."""
    fields = [{"name": item.name, "type": item.type, "nullable": item.nullable} for item in manifest.fields]
    return WorkerProgram(
        script=Path(__file__).with_name("worker_main.py"),
        request={"flavor": manifest.flavor, "fields": fields},
        limits=choose_default_limits() if limits is None else limits,
    )


class WorkerProcess:
    """A child interpreter that has the model loaded; implements `Worker` for a pyfunc model.

    It starts with the first request, and starts once more if it ended unexpectedly. Before every start the model's
    files are verified against what was registered.

    Args:
        folder: The model's folder.
        manifest: The model's manifest.
        python: The interpreter, with MLflow and the model's packages.
        timeout: Seconds that an answer may take.
        manifest_hash: The manifest's hash in the registry; None for a model that was named by its folder.
        program: What the process runs; by default the program of a pyfunc model.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        python: Path,
        *,
        timeout: float,
        manifest_hash: str | None = None,
        program: WorkerProgram | None = None,
    ) -> None:
        self._folder, self._python = folder, python
        self._program = program or build_pyfunc_program(manifest)
        self._timeout, self._manifest_hash = timeout, manifest_hash
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._finalizer: weakref.finalize[..., Any] | None = None

    @property
    def pid(self) -> int | None:
        """Return the child's process id; None if it is not running."""
        return None if self._process is None else self._process.pid

    def answer(self, columns: Columns) -> Answers:
        """Return the answers to rows by column.

        Raises:
            RowError: The model's own code refused the rows.
            ModelError: The model could not be loaded, or its process ended or took too long.
        """
        response = self.request(columns)
        if "error" in response:
            raise RowError(f"The model refuses this: {shorten(response['error'])}")
        return {name: (type_, size, values) for name, (type_, size, values) in response["answers"].items()}

    def request(self, value: Any) -> dict[str, Any]:
        """Return the response to a request; both are JSON values.

        Raises:
            ModelError: The model could not be loaded, or its process ended or took too long.
        """
        with self._lock:
            return self._request(value)

    def close(self) -> None:
        """End the process; a later request starts another."""
        if self._finalizer is not None:
            self._finalizer()
        self._process = self._finalizer = None

    def _request(self, value: Any) -> dict[str, Any]:
        """Return the response; a process that ended is started once more."""
        try:
            return self._exchange(self._process or self._start(), value, self._timeout)
        except _WorkerExitError:
            self.close()
        try:
            return self._exchange(self._start(), value, self._timeout)
        except _WorkerExitError as error:
            self.close()
            raise ModelError(
                f"The process of the model in {self._folder} ended twice before it answered ({error})."
            ) from None

    def _exchange(self, process: subprocess.Popen[bytes], value: Any, timeout: float) -> dict[str, Any]:
        """Write one line of JSON and read one; a process that takes too long is killed."""
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(timeout, _kill, [process])
        timer.start()
        try:
            process.stdin.write(json.dumps(value).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            # The pipe is broken.
            line = b""
        finally:
            is_timed_out = not timer.is_alive()
            timer.cancel()
            timer.join()
        if line.endswith(b"\n"):
            return dict(json.loads(line))
        last_line = self._find_last_error_line()
        if is_timed_out:
            self.close()
            raise ModelError(
                f"The model in {self._folder} did not answer in {timeout:g} s: it was ended. "
                "Set models.timeout to a longer time."
            )
        raise _WorkerExitError(f"exit code {_wait_for_exit_code(process)}; {last_line}")

    def _start(self) -> subprocess.Popen[bytes]:
        verify_folder(self._folder, self._manifest_hash)
        process = self._spawn()
        request = {"folder": str(self._folder.absolute()), **self._program.request}
        response = self._exchange(process, request, _START_TIMEOUT)
        if "error" in response:
            self.close()
            raise ModelError(f"The model in {self._folder} can't be loaded: {shorten(response['error'])}")
        return process

    def _spawn(self) -> subprocess.Popen[bytes]:
        is_this_python = self._python == Path(sys.executable)
        environment = self._build_environment(is_this_python=is_this_python)
        options = {
            "limits": dict(self._program.limits),
            "reads": [str(self._program.script), str(self._folder.absolute())],
        }
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        work = tempfile.TemporaryDirectory(prefix="sparkops-worker-")
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", "-B", str(_CONFINED), json.dumps(options)),
                *(str(self._python), "-B", "-P" if is_this_python else "-I", str(self._program.script)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**environment, "TMPDIR": work.name},
            cwd=work.name,
            start_new_session=True,
        )
        self._process, self._stderr = process, stderr
        resources = _Resources(process, stderr, work)
        self._finalizer = weakref.finalize(self, _end, resources, self._program.end_timeout)
        return process

    def _build_environment(self, *, is_this_python: bool) -> dict[str, str]:
        patterns = (_PASSED_VARIABLES, self._program.passed_variables)
        environment = {
            name: value
            for name, value in os.environ.items()
            if any(pattern.fullmatch(name) for pattern in patterns) and not _SECRET_NAMES.fullmatch(name)
        }
        if is_this_python and "PYTHONPATH" in os.environ:
            environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
        return {**environment, **_QUIET}

    def _find_last_error_line(self) -> str:
        """Return the last line that the process wrote to its standard error."""
        if self._stderr is None or self._stderr.closed:
            return "no error output"
        self._stderr.seek(0)
        lines = self._stderr.read()[-_STDERR_TAIL:].decode(errors="replace").split("\n")
        return shorten(next((line for line in reversed(lines) if line.strip()), "no error output"))


def _wait_for_exit_code(process: subprocess.Popen[bytes], timeout: float = _END_TIMEOUT) -> int:
    """Return the exit code of a process that is ending; after some seconds it is killed."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        _kill(process)
        return process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started: it has a process group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class _Resources:
    """What is released when a process ends: itself, its error output and its temporary folder."""

    process: subprocess.Popen[bytes]
    stderr: IO[bytes]
    folder: tempfile.TemporaryDirectory[str]


def _end(resources: _Resources, timeout: float) -> None:
    """Close a process's pipes, which ends it, and wait; if it does not end, kill it."""
    process = resources.process
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            # Closing flushes what the process had not read.
            with contextlib.suppress(OSError):
                pipe.close()
    _wait_for_exit_code(process, timeout)
    # What it started and left behind.
    _kill(process)
    resources.stderr.close()
    with contextlib.suppress(OSError):
        resources.folder.cleanup()


def shorten(text: str) -> str:
    """Return a model's own error as a message shows it."""
    return truncate(" ".join(text.split()), _MAX_MESSAGE)
