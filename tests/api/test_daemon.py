"""A daemon executes runs of the command line that mean the same there, and all others are executed as without one."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.job_service import serve_on

from sparkops.api.client import Client
from sparkops.api.daemon import DaemonRecord, listen_privately, read_daemon, remove_daemon, write_daemon
from sparkops.cli.jobs import run as local_run
from sparkops.cli.main import run_command
from sparkops.config.state_file import DAEMON_FILE
from sparkops.errors import EngineError

JOBS = """
from datetime import date
from pyspark.sql import DataFrame
from sparkops import Secret, job

@job(writes="out")
def done(source: DataFrame, *, day: date, names: list[str] = []) -> DataFrame:
    return source

@job(writes="out")
def failed(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def with_secret(source: DataFrame, *, token: Secret) -> DataFrame:
    return source

@job(writes="out", mode="append", each={"n": [1, 2]})
def fan_out(source: DataFrame, *, n: int) -> DataFrame:
    return source
"""
CONF = "tables: {source: {path: source}}\nstate: .\nwarehouse: '${env:WAREHOUSE:-data}'\n"


class LocalRun(Exception):
    """The run is executed by the command itself."""


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    def execute(*_: Any, **__: Any) -> Any:
        raise LocalRun

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(local_run, "RunOptions", execute)
    root = make_project({"jobs/all.py": JOBS, "conf/base/all.yml": CONF})
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def daemon(project: Path) -> Iterator[Path]:
    with listen_privately(project) as listener, serve_on(listener, project):
        write_daemon(project, listener, env=None, overrides=())
        yield project
        remove_daemon(project)


def test_a_run_is_executed_by_the_daemon(daemon: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["run", "done", "--day", "2013-07-04", "--names", "a", "--names", "b,c"]
    assert run_command(words) == 0
    assert "done: started\n✓ done " in capfd.readouterr().err
    run = Client(f"{read_record(daemon).url}").find("last")
    assert (run.job, run.state, run.params) == (
        "done",
        "done",
        {"day": "2013-07-04", "names": ["a", "b", "c"]},
    )


def read_record(project: Path) -> Any:
    record = read_daemon(project)
    assert record is not None
    return record


def test_errors_have_the_exit_codes_and_hints_of_other_runs(
    daemon: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", "failed"]) == 1
    printed = capfd.readouterr().err
    assert "✗ failed " in printed
    assert "Error: It broke.\nSee: sparkops runs show 2" in printed
    assert printed.count("See:") == 1
    assert run_command(["run", "done", "--day", "2013-07-99"]) == 2
    assert "`day` is '2013-07-99'" in capfd.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["run", "done", "--day", "2013-07-04", "--set", "spark.master=local[1]"],
        ["run", "done", "--day", "2013-07-04", "--env", "base"],
        ["run", "done", "--day", "2013-07-04", "--run-key", "k"],
        ["run", "done", "--day", "2013-07-04", "--new"],
        ["run", "done", "--day", "2013-07-04", "--wait", "2s"],
        ["run", "done", "--each", "day=2013-07-04,2013-07-05"],
        ["run", "--upstream", "done", "--day", "2013-07-04"],
        ["run", "fan_out"],
        ["run", "with_secret"],
    ],
    ids=" ".join,
)
def test_what_a_request_cannot_say_is_executed_without_the_daemon(
    daemon: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setenv("SPARKOPS_SECRET_TOKEN", "a-secret-of-this-shell")
    # It was set when the daemon was started, too.
    if "with_secret" in words:
        monkeypatch.setattr(DaemonRecord, "serves", lambda *_: True)
    run_command(words)
    assert "LocalRun" in capsys.readouterr().err
    assert list((daemon / "runs").glob("*")) == []


@pytest.mark.parametrize("name", ["WAREHOUSE", "SPARKOPS_ENV", "SPARK_HOME", "JAVA_HOME", "PYTHONPATH"])
def test_a_run_with_another_environment_is_executed_without_the_daemon(
    daemon: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    record = read_record(daemon)
    with monkeypatch.context() as patch:
        patch.setenv(name, "another value")
        assert not record.serves(None, (), {"WAREHOUSE"})


def test_other_variables_make_no_difference(daemon: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "another")
    monkeypatch.setenv("ANOTHER", "x")
    assert read_record(daemon).serves(None, (), {"WAREHOUSE"})
    assert not read_record(daemon).serves(None, (), {"ANOTHER"})


def test_its_file_and_socket_are_its_users_own_and_hold_no_value_of_a_variable(
    daemon: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, socket = daemon / DAEMON_FILE, Path(read_record(daemon).socket)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, socket, socket.parent)] == [
        0o600,
        0o600,
        0o700,
    ]
    path = os.environ["PATH"]
    assert path not in file.read_text()


def test_a_daemon_that_is_gone_is_none(project: Path) -> None:
    assert read_daemon(project) is None
    with listen_privately(project) as listener:
        write_daemon(project, listener, env=None, overrides=())
    record = json.loads((project / DAEMON_FILE).read_text())
    (project / DAEMON_FILE).write_text(json.dumps({**record, "process": {**record["process"], "born": "1"}}))
    assert read_daemon(project) is None


def test_one_that_does_not_answer_is_not_waited_for(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listen_privately(project) as listener:
        write_daemon(project, listener, env=None, overrides=())
    run_command(["run", "done", "--day", "2013-07-04"])
    assert "LocalRun" in capsys.readouterr().err


def test_a_folder_that_others_may_enter_is_refused(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / f"sparkops-{os.getuid()}"
    folder.mkdir(mode=0o755)
    with pytest.raises(EngineError, match="others may access it"), listen_privately(project):
        pass
