"""The program that gives up rights before a model's code is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sparkops.pyfunc.worker import confined_main
from sparkops.pyfunc.worker.confined_main import can_isolate

SHELL = "/bin/sh"


def run(script: str, *, limits: dict[str, int] | None = None, reads: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:  # fmt: skip
    options = json.dumps({"limits": limits or {}, "reads": reads})
    command = [sys.executable, "-I", "-S", "-B", confined_main.__file__, options, SHELL, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_limits_hold_for_the_program() -> None:
    result = run("ulimit -n; ulimit -c; ulimit -d; ulimit -t", limits={"files": 50, "core": 0, "memory": 1 << 30, "cpu": 77})  # fmt: skip
    assert result.stdout.split() == ["50", "0", str(1 << 20), "77"]


def test_a_limit_that_is_lower_already_stays() -> None:
    result = run(f"{sys.executable} -c 'import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))'", limits={"files": 10**9})  # fmt: skip
    limit, hard = (int(part.strip("(), \n")) for part in result.stdout.split(","))
    assert limit == hard <= 10**9


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_files_that_it_writes_are_private_and_no_privileges_are_gained(tmp_path: Path) -> None:
    result = run(f"umask; grep NoNewPrivs /proc/self/status; echo x > {tmp_path}/file")
    assert result.stdout.split() == ["0077", "NoNewPrivs:", "1"]
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_it_runs_without_a_namespace_where_that_could_not_read_the_model(tmp_path: Path) -> None:
    missing = str(tmp_path / "gone")
    assert not can_isolate([missing])
    assert run("echo ready", reads=(missing,)).stdout == "ready\n"


@pytest.mark.skipif(not can_isolate([SHELL]), reason="no user namespaces here")
def test_a_namespace_has_the_same_user_and_hides_other_processes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    result = run(
        f"id -u; cat {tmp_path}/file; cat /proc/$PPID/environ || echo hidden", reads=(str(tmp_path),)
    )
    own = subprocess.run(["id", "-u"], capture_output=True, text=True, check=True).stdout
    assert result.stdout == f"{own}texthidden\n"


def test_a_program_that_is_missing_is_reported() -> None:
    options = json.dumps({"limits": {}, "reads": []})
    command = [sys.executable, "-I", "-S", confined_main.__file__, options, "/gone"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (126, "/gone can't be run: No such file or directory\n")
