"""The JVM's output reaches the sinks whole."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from sparkops.spark import JvmLog


def printing(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    process.wait(10)


def test_the_first_sink_receives_earlier_output(tmp_path: Path) -> None:
    log, process = JvmLog(), printing("echo before; read line")
    log.pump(process.stdout)
    while not log.tail():
        time.sleep(0.01)
    with log.redirect_to(tmp_path / "new" / "run.log"):
        pass
    with log.redirect_to(tmp_path / "second.log"):
        pass
    end(process)
    assert (tmp_path / "new" / "run.log").read_text() == "before\n"
    assert (tmp_path / "second.log").read_text() == ""


def test_each_of_two_sinks_receives_every_byte() -> None:
    log, one, two = JvmLog(), bytearray(), bytearray()
    process = printing("read line; seq 1 50000; echo oops >&2; read line")
    log.pump(process.stdout)
    with log.redirect_to(one.extend), log.redirect_to(two.extend):
        process.stdin.write(b"go\n")
        while not one.endswith(b"oops\n"):
            log.drain()
    end(process)
    assert bytes(one) == bytes(two) == b"".join(b"%d\n" % n for n in range(1, 50001)) + b"oops\n"


def test_the_tail_contains_the_last_lines() -> None:
    log, process = JvmLog(), printing("seq 1 100")
    log.pump(process.stdout)
    end(process)
    while "100" not in log.tail():
        time.sleep(0.01)
    assert log.tail(3).splitlines() == ["98", "99", "100"]


def test_a_sink_that_cannot_be_written_does_not_stop_the_others(caplog) -> None:
    log, good = JvmLog(), bytearray()

    def full(chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    process = printing("read line; echo hello; read line")
    log.pump(process.stdout)
    with log.redirect_to(full), log.redirect_to(good.extend):
        process.stdin.write(b"go\n")
        while not good:
            log.drain()
    end(process)
    assert bytes(good) == b"hello\n"
    assert "No space left" in caplog.text
