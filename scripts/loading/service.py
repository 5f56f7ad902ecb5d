"""The service as a process that can be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_MAIN = "from sparkops.cli.main import main; main()"


def find_free_port() -> int:
    """Return a port that no process listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class ServiceProcess:
    """`sparkops api`, with workers that have a Spark or need none.

    Args:
        root: The project.
        port: Port to listen on, also after it is started again.
        has_spark: Whether runs are executed by Spark.
    """

    root: Path
    port: int
    has_spark: bool
    process: subprocess.Popen[str] | None = field(default=None)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it accepts requests."""
        fake = ["-m", "loading.serve", str(self.root), str(self.port)]
        real = ["-c", _MAIN, "api", "--port", str(self.port), "--project", str(self.root)]
        with (self.root / "service.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, *(real if self.has_spark else fake)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.process.stdout.close()
        if not line.startswith("Serving"):
            raise RuntimeError(f"The service did not start: see {self.root}/service.log.")

    def kill(self) -> None:
        """End it without a warning; its workers complete their runs."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_worker(self) -> bool:
        """End one of its workers without a warning; return whether it has one."""
        assert self.process is not None
        command = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        words = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        if not words:
            return False
        os.kill(int(words[0]), signal.SIGKILL)
        return True

    def stop(self) -> None:
        """Let it end."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(60)
