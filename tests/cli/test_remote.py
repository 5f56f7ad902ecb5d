"""`sparkops --remote URL`: the commands of a service, with the exit codes of local ones, and without a project here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.job_service import serve_in_thread

from sparkops.api.client import Client
from sparkops.cli.main import run_command
from sparkops.runs.records.store import RunStore

JOBS = '''
from datetime import date
from pyspark.sql import DataFrame
from sparkops import Secret, job

@job(writes="out")
def done(source: DataFrame, *, day: date, names: list[str] = [], label: str | None = "a", flag: bool = False) -> DataFrame:
    """Do it."""
    return source

@job(writes="out")
def failed(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def refused(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def slow(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def wait(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def with_secret(source: DataFrame, *, token: Secret) -> DataFrame:
    return source
'''
CONF = "tables: {source: {path: source}}\nstate: .\n"
CODE = """
import json, sys
from sparkops.cli.main import run_command
code = run_command(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
sys.exit(code)
"""
UNNEEDED = {
    *("asyncio", "pydantic", "numpy", "pandas", "pyspark", "pyarrow", "mlflow", "deltalake", "great_expectations"),
    *("sqlalchemy", "starlette", "sparkops.engine", "sparkops.pipeline.job"),
}  # fmt: skip


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project({"jobs/all.py": JOBS, "conf/base/all.yml": CONF})


@pytest.fixture
def url(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with serve_in_thread(project) as url:
        monkeypatch.setenv("SPARKOPS_REMOTE", url)
        yield url


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["run", "done", "--day", "2013-07-04"], 0, "done is done  run 2"),
        (["run", "failed"], 1, "Error: It broke."),
        (["run", "refused"], 2, "Error: It was refused."),
        (["run", "done", "--day", "2013-13-04", "--m", "1"], 2, "Job `done`: 2 parameter problems"),
        (["run", "dome"], 2, "Did you mean `done`?"),
        (["run", "with_secret", "--token", "hunter22"], 2, "SPARKOPS_SECRET_TOKEN where the service runs"),
        (["run", "done", "2013-07-04"], 2, "Unexpected `2013-07-04`"),
        (["run", "done", "--each", "day=1"], 2, "--each cannot be used with --remote: a request is one run"),
        (["run", "done", "--env=prod"], 2, "--env cannot be used with --remote: the service was started"),
        (["run", "done", "--at", "source"], 2, "--at takes NAME=VERSION"),
        (["tables"], 2, "`sparkops tables` needs the project on this machine"),
        (["runs", "show", "nothing"], 2, "No run `nothing`"),
        (["runs", "prune"], 2, "No such command 'prune'"),
    ],
)
def test_a_remote_command_ends_as_a_local_one(
    url: str, capsys: pytest.CaptureFixture[str], words: list[str], code: int, text: str
) -> None:
    assert run_command(words) == code
    printed = "".join(capsys.readouterr())
    assert text in printed
    assert "hunter22" not in printed


def test_texts_mean_what_they_mean_on_the_local_command_line(url: str) -> None:
    words = ["--names", "a,b", "--names", "c", "--label", "null", "--flag", "--param", "day=2013-07-04"]
    assert run_command(["run", "done", *words]) == 0
    assert dict(Client(url).find("last").answer["record"]["params"]) == {
        "day": "2013-07-04", "names": ["a", "b", "c"], "label": None, "flag": True,
    }  # fmt: skip
    assert run_command(["run", "done", "--day", "2013-07-04", "--label", '"null"', "--no-flag"]) == 0
    assert Client(url).find("last").answer["record"]["params"]["label"] == "null"


def test_jobs_and_runs_are_shown(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["run", "done", "--day", "2013-07-04"])
    capsys.readouterr()
    assert run_command(["jobs"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "done\tsource\tout\tdefault\tDo it."
    assert run_command(["jobs", "done"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "day\tdate\trequired\t"
    assert run_command(["runs", "--state", "done", "--json"]) == 0
    assert [run["job"] for run in json.loads(capsys.readouterr().out)] == ["done"]
    assert run_command(["runs", "show", "last"]) == 0
    assert "Params   day = '2013-07-04'" in capsys.readouterr().out


def test_a_run_in_the_background_is_shown_and_cancelled(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "slow", "--detach"]) == 0
    run_id = capsys.readouterr().out.strip()
    assert run_command(["runs", "show", run_id]) == 0
    assert f"Run      {run_id}  (slow" in capsys.readouterr().out
    assert run_command(["runs", "cancel", run_id]) == 0
    assert capsys.readouterr().out == f"Run {run_id} of job slow is cancelled.\n"


def start(*words: str) -> subprocess.Popen[str]:
    # A process that ignores the signal, as those in the background of a shell do, leaves that to its children.
    main = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from sparkops.cli.main import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", main, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def until_running(project: Path, url: str) -> str:
    deadline = time.monotonic() + 60
    while not (runs := Client(url).runs(state="running")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return runs[0].id


def test_the_log_is_printed_while_the_run_is_executed(url: str, project: Path) -> None:
    with start("run", "wait") as process:
        run_id = until_running(project, url)
        assert process.stderr is not None
        assert process.stderr.readline() == f"Run {run_id} of job wait is queued.\n"
        RunStore(project / "runs").find_newest_attempt(run_id).log.write_text("one\x1b[2J\n")
        assert process.stderr.readline() == "one\\u001b[2J\n"
        (project / "go").touch()
        assert process.wait(60) == 0


def test_an_interrupt_cancels_the_run(url: str, project: Path) -> None:
    with start("run", "slow") as process:
        run_id = until_running(project, url)
        assert process.stderr is not None
        assert process.stderr.readline().startswith(f"Run {run_id} of job slow is ")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert Client(url).find(run_id).state == "cancelled"


def test_a_token_comes_from_a_file_or_the_environment_and_is_printed_nowhere(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"
    file.write_text("sparkops_abcdefgh\n")
    assert run_command(["--token-file", str(file), "run", "done", "--param", "day=sparkops_abcdefgh"]) == 2
    assert "sparkops_abcdefgh" not in "".join(capsys.readouterr())
    assert run_command(["--token-file", str(tmp_path / "none"), "jobs"]) == 2
    assert "cannot be read" in capsys.readouterr().err
    monkeypatch.setenv("SPARKOPS_TOKEN", "no token\n")
    assert run_command(["jobs"]) == 2
    assert "SPARKOPS_TOKEN is no token" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("jobs.example.com", "give the address of a service"),
        ("file:///etc/passwd", "give the address of a service"),
        ("http://me:hunter22@127.0.0.1:1", "other users of this machine can see"),
        ("http://[", "give the address of a service"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(
    capsys: pytest.CaptureFixture[str], address: str, message: str
) -> None:
    assert run_command(["--remote", address, "jobs"]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert "hunter22" not in printed


def test_a_service_that_does_not_answer_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--remote", "http://127.0.0.1:1", "jobs"]) == 1
    assert "The service at http://127.0.0.1:1 does not answer" in capsys.readouterr().err


def test_commands_of_this_machine_ignore_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARKOPS_REMOTE", "http://127.0.0.1:1")
    assert run_command(["api", "--help"]) == 0
    assert run_command(["--remote", "http://127.0.0.1:1", "api", "--help"]) == 2
    assert "`sparkops api` needs the project" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "most"),
    [("jobs", 320), ("run done --day 2013-07-04", 320), ("runs", 360), ("runs show last", 360)],
)
def test_a_remote_command_imports_few_modules(url: str, words: str, most: int) -> None:
    run_command(["run", "done", "--day", "2013-07-04"])
    result = subprocess.run(
        [sys.executable, "-c", CODE, *words.split()],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    modules = set(json.loads(result.stdout.splitlines()[-1]))
    assert UNNEEDED & modules == set()
    assert len(modules) <= most, sorted(modules)
