"""A worker of the service that records runs as the real one does, but executes none: the job's name says what happens.

`done`, `failed` and `refused` end so; `slow` waits until it is cancelled, `follow` after two batches of a stream; `wait` until a file is there; `exit` ends the
process, the first time only with `exit_once`; `jvm` loses its Spark. The log of `publish` is `log.txt` of the project, and its
record has the fields of `published.json`.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sparkops.api.contexts.messages import (
    Broken,
    Drain,
    Message,
    Ready,
    RunEnded,
    Setup,
    StartRun,
    decode,
    encode,
)
from sparkops.errors import RunCancelled
from sparkops.runs.records.store import Attempt, RunStore


class FakeWorker:
    def __init__(self, setup: Setup, connection: socket.socket) -> None:
        self._root = Path(setup.root)
        self._runs = RunStore(self._root / "runs")
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        # The service may have ended.
        with self._lock, suppress(OSError):
            self._connection.sendall(encode(message))

    def execute(self, request: StartRun) -> None:
        job, run_id = request.job, request.run_id
        if request.kind == "release":
            result = {"table": request.target, **request.options}
            self.send(RunEnded(run_id=run_id, state="done", result=result))
            return
        if job == "refused":
            self.send(RunEnded(run_id=run_id, state="failed", error="It was refused.", kind="InputError"))
            return
        facts: dict[str, Any] = (
            {request.kind: {"of": request.target, **request.options}} if request.kind != "run" else {}
        )
        facts |= {"every": request.every} if request.every is not None else {}
        attempt = self._runs.begin(run_id, job, params=dict(request.params), **facts)
        if job == "exit" or (job == "exit_once" and attempt.number == 1):
            os._exit(7)
        state = self._complete(request, attempt)
        if state == "done":
            attempt.enter("done", "ended", **(self._publish(attempt) if job == "publish" else {}))
        self.send(
            RunEnded(
                run_id=run_id, state=state, error=None if state == "done" else "It broke.", kind="JobFailed"
            )
        )

    def _publish(self, attempt: Attempt) -> dict[str, Any]:
        attempt.log.write_bytes((self._root / "log.txt").read_bytes())
        published: dict[str, Any] = json.loads((self._root / "published.json").read_text("utf-8"))
        return {**published, "ended": datetime.now(UTC).isoformat()}

    def _complete(self, request: StartRun, attempt: Attempt) -> str:
        # Not for ever: the test that it belongs to may have been killed.
        deadline = time.monotonic() + 60
        if request.job == "wait":
            while not (self._root / "go").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
        if request.job == "follow":
            publish_batches(attempt)
        if request.job in ("slow", "follow"):
            while attempt.find_cancel_request() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            attempt.enter_failed(RunCancelled("Cancelled."))
            return "cancelled"
        if request.job == "jvm" and attempt.number == 1:
            self.send(Broken(reason="Spark's process has ended."))
            attempt.enter("failed", "ended")
            return "crashed"
        if request.job == "failed":
            attempt.enter("failed", "ended")
            return "failed"
        return "done"


def publish_batches(attempt: Attempt) -> None:
    """Record two batches of a stream, as the real worker does."""
    for number in range(2):
        time_now = datetime.now(UTC).isoformat()
        output = {"table": "out", "version": number, "rows": 2 * number + 2}
        attempt.append("published", outputs={"out": output})
        batch = {
            "number": number,
            "version": number,
            "rows": 2,
            "held": 1,
            "already": False,
            "broken": [],
            "time": time_now,
        }
        attempt.append(
            "batch",
            batches=[batch],
            stream={"batches": number + 1, "rows": 2 * number + 2, "held": number + 1},
        )
        progress = {
            "batch": number,
            "rows": 3,
            "rows_per_second": 1234.5,
            "ended": time_now,
            "next_version": 1,
            "files": 4,
        }
        attempt.append("progress", stream={"progress": progress})


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        lines = connection.makefile("rb")
        setup = decode(lines.readline())
        assert isinstance(setup, Setup)
        worker, threads = FakeWorker(setup, connection), []
        worker.send(Ready(seconds=0.0))
        for line in lines:
            message = decode(line)
            if isinstance(message, Drain):
                break
            assert isinstance(message, StartRun)
            threads.append(threading.Thread(target=worker.execute, args=(message,)))
            threads[-1].start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
