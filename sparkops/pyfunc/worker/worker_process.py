"""The process that holds a model of another flavor: started once, asked many times, gone with the process that asks."""

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
from pathlib import Path
from typing import IO, Any, Protocol

from sparkops.errors import ModelError, RowError
from sparkops.pyfunc.worker.manifest import Manifest, verify_folder

Columns = Mapping[str, Sequence[Any]]
Answers = Mapping[str, tuple[str, int | None, list[Any]]]
"""Output to its type, the length of its vectors, and its values."""

_STARTING = 300.0  # seconds until a model is loaded: TensorFlow takes many
_LONGEST = 500  # characters of a model's own error that are shown
# What a model's code gets to know of this process: no word of it is a secret.
_PASSED = re.compile(
    r"PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|DYLD_\w+|SYSTEMROOT|(OMP|MKL|OPENBLAS|CUDA|TF|XLA|KERAS)_\w+"
    r"|NVIDIA_\w+|MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
)
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}


class Worker(Protocol):
    """What answers rows for a scorer."""

    def ask(self, columns: Columns) -> Answers:
        """Return the answers to rows by column; RowError where the model refuses them as a whole."""

    def close(self) -> None:
        """End; a later question starts anew."""


class _GoneError(Exception):
    """The process ended before it answered."""


class WorkerProcess:
    """A child interpreter that has the model loaded; implements `Worker`.

    It is started by the first question, and once more where it ended by itself. Before every start the model's files
    are compared with what was registered.

    Args:
        folder: The model's folder.
        manifest: What is known of the model.
        python: The interpreter, with MLflow and the model's packages.
        timeout: Seconds that an answer may take.
        sealed: The manifest's hash as the registry holds it; None for a folder named as such.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, python: Path, *, timeout: float, sealed: str | None = None
    ) -> None:
        self._folder, self._manifest, self._python = folder, manifest, python
        self._timeout, self._sealed = timeout, sealed
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._end: weakref.finalize[..., Any] | None = None

    @property
    def pid(self) -> int | None:
        """Return the child's process id; None before the first question."""
        return None if self._process is None else self._process.pid

    def ask(self, columns: Columns) -> Answers:
        """Return the answers to rows by column.

        Raises:
            RowError: The model's own code refused the rows.
            ModelError: It could not be loaded, ended, or took too long.
        """
        with self._lock:
            try:
                told = self._exchange(columns, self._timeout)
            except _GoneError:
                self.close()
                try:
                    told = self._exchange(columns, self._timeout)
                except _GoneError as error:
                    raise self._ended(str(error)) from None
        if "error" in told:
            raise RowError(f"The model refuses this: {_short(told['error'])}")
        return {name: (kind, size, values) for name, (kind, size, values) in told["answers"].items()}

    def close(self) -> None:
        """End the process; a later question starts another."""
        if self._end is not None:
            self._end()
        self._process = self._end = None

    def _exchange(self, value: Any, patience: float) -> dict[str, Any]:
        process = self._process or self._started()
        return self._spoken(process, value, patience)

    def _spoken(self, process: subprocess.Popen[bytes], value: Any, patience: float) -> dict[str, Any]:
        """Write a line and read the answer's; a process that takes too long is killed."""
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(patience, _kill, [process])
        late.start()
        try:
            process.stdin.write(json.dumps(value).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:  # the pipe broke
            line = b""
        finally:
            over = not late.is_alive()
            late.cancel()
            late.join()
        if line.endswith(b"\n"):
            return dict(json.loads(line))
        last = self._last_words()
        if over:
            self.close()
            raise ModelError(
                f"The model in {self._folder} did not answer in {patience:g} s: it was ended. "
                "Set models.timeout to a longer time."
            )
        raise _GoneError(f"exit code {_code(process)}; {last}")

    def _started(self) -> subprocess.Popen[bytes]:
        verify_folder(self._folder, self._sealed)
        here = self._python == Path(sys.executable)
        kept = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
        if here and "PYTHONPATH" in os.environ:
            kept["PYTHONPATH"] = os.environ["PYTHONPATH"]
        said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        script = str(Path(__file__).with_name("worker_main.py"))
        process = subprocess.Popen(
            [str(self._python), "-B", "-P" if here else "-I", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**kept, **_QUIET},
            cwd=tempfile.gettempdir(),
            start_new_session=True,
        )
        self._process, self._said = process, said
        self._end = weakref.finalize(self, _end, process, said)
        told = self._spoken(process, self._head(), _STARTING)
        if "error" in told:
            self.close()
            raise ModelError(f"The model in {self._folder} can't be loaded: {_short(told['error'])}")
        return process

    def _head(self) -> dict[str, Any]:
        fields = [
            {"name": each.name, "type": each.type, "nullable": each.nullable}
            for each in self._manifest.fields
        ]
        return {"folder": str(self._folder), "flavor": self._manifest.flavor, "fields": fields}

    def _ended(self, why: str) -> ModelError:
        self.close()
        return ModelError(
            f"The process of the model in {self._folder} ended twice before it answered ({why})."
        )

    def _last_words(self) -> str:
        """Return the last line that the process wrote to its standard error."""
        if self._said is None or self._said.closed:
            return "it said nothing"
        self._said.seek(0)
        lines = self._said.read()[-4000:].decode(errors="replace").split("\n")
        return _short(next((line for line in reversed(lines) if line.strip()), "it said nothing"))


def _code(process: subprocess.Popen[bytes]) -> int:
    """Return the exit code of a process that answers no more."""
    try:
        return process.wait(2)
    except subprocess.TimeoutExpired:
        _kill(process)
        return process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started: its group is its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    """Close a process's pipes, by which it ends; one that does not is killed."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what it had not read yet
                pipe.close()
    _code(process)
    said.close()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
