"""The daemon of a project: a service on a Unix socket that keeps Spark warm for `sparkops run` of the same user."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import time
from typing import Any, Final
from urllib.parse import quote

from sparkops.config.state_file import DAEMON_FILE, read_state
from sparkops.core.private_file import make_private_folder, open_private
from sparkops.errors import EngineError
from sparkops.runs.records.process import describe_process, is_alive, is_on_this_host

LOG: Final = "daemon.log"
# Its queue, beside that of `sparkops api`.
DATABASE: Final = "daemon.db"
_MAX_RECORD: Final = 1 << 20
# Variables that decide what a run does, beside those that the configuration names.
_PREFIXES: Final = (
    "SPARKOPS_", "SPARK_", "PYSPARK_", "JAVA_", "HADOOP_", "PYTHON", "MLFLOW_", "AWS_", "AZURE_", "GOOGLE_", "DATABRICKS_",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonRecord:
    """What a daemon says of itself, in a file that only its user can read.

    Args:
        process: What identifies its process.
        socket: The socket that it listens on.
        started: Seconds since 1970.
        salt: Random text of the digests.
        options: Digest of the environment of the project and of the settings that were given to it.
        variables: Digest of each variable of its environment.
    """

    process: Mapping[str, Any]
    socket: str
    started: float
    salt: str
    options: str
    variables: Mapping[str, str]

    @property
    def url(self) -> str:
        """Return the address for `Client`."""
        return f"unix://{quote(self.socket, safe='')}"

    def is_running(self) -> bool:
        """Return whether the process has not ended."""
        return is_on_this_host(self.process) and is_alive(self.process)

    def serves(self, env: str | None, overrides: Sequence[str], names: Collection[str]) -> bool:
        """Return whether a run here means the same there: environment, settings and variables are equal.

        Args:
            env: Environment of the project.
            overrides: Settings as `key=value` texts.
            names: Variables that the configuration names.
        """
        if _digest_options(env, overrides, self.salt) != self.options:
            return False
        known = {name for name in {*os.environ, *self.variables} if name.startswith(_PREFIXES)}
        return all(_digest_variable(name, self.salt) == self.variables.get(name) for name in {*names, *known})


def read_daemon(state: Path) -> DaemonRecord | None:
    """Return the daemon of a project, if one is running.

    Raises:
        DamagedState: Its file cannot be read.
    """
    try:
        record = read_state(
            state / DAEMON_FILE,
            _parse,
            content="which says where the daemon listens",
            advice="remove it, and run `sparkops daemon start`",
            limit=_MAX_RECORD,
        )
    except FileNotFoundError:
        return None
    return record if record.is_running() else None


@contextmanager
def listen_privately(state: Path) -> Iterator[socket.socket]:
    """Yield a socket that only this user can connect to.

    Its folder is that of the user's runtime files, because the path of a socket may have about 100 characters only.

    Raises:
        EngineError: It cannot be made.
    """
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = base / f"sparkops-{os.getuid()}"
    name = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:16]
    path = folder / f"{name}.sock"
    try:
        make_private_folder(folder)
        _require_private(folder)
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        raise EngineError(f"The daemon cannot listen on {path} ({error.strerror or error}).") from error
    try:
        yield listener
    finally:
        listener.close()
        with suppress(OSError):
            path.unlink()


def write_daemon(state: Path, listener: socket.socket, *, env: str | None, overrides: Sequence[str]) -> None:
    """Record that this process is the daemon."""
    salt = secrets.token_hex(16)
    record = DaemonRecord(
        process=describe_process(),
        socket=listener.getsockname(),
        started=time(),
        salt=salt,
        options=_digest_options(env, overrides, salt),
        variables={
            name: digest for name in os.environ if (digest := _digest_variable(name, salt)) is not None
        },
    )
    # Complete when it can be read: renamed over the earlier one.
    new = state / f"{DAEMON_FILE}.{os.getpid()}"
    with os.fdopen(open_private(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w") as file:
        json.dump(asdict(record), file)
    new.replace(state / DAEMON_FILE)


def remove_daemon(state: Path) -> None:
    """Remove the record of this process."""
    with suppress(OSError):
        (state / DAEMON_FILE).unlink()


def _require_private(folder: Path) -> None:
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077 or folder.is_symlink():
        raise OSError(None, f"{folder} belongs to another user, or others may access it")


def _digest_variable(name: str, salt: str) -> str | None:
    """Return a digest of a variable's value; None for a variable that is not set."""
    value = os.environ.get(name)
    return None if value is None else _digest(os.fsencode(value), salt)


def _digest_options(env: str | None, overrides: Sequence[str], salt: str) -> str:
    return _digest(json.dumps([env, *overrides]).encode(), salt)


def _digest(content: bytes, salt: str) -> str:
    return hmac.new(salt.encode(), content, hashlib.sha256).hexdigest()


def _parse(content: Any) -> DaemonRecord:
    record = DaemonRecord(**content)
    if not isinstance(record.socket, str) or not isinstance(record.started, int | float):
        raise TypeError("socket and started")
    return record
