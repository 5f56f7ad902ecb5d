"""The code of a run is checked out from its commit, and refused with the reason where that is not possible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.engine.operations.comparison.recorded_code import (
    RecordedCode,
    build_environment,
    check_out_jobs,
    replay_in_process,
    require_commit,
)
from sparkops.engine.operations.comparison.replay_run import ReplayOptions
from sparkops.errors import ChecksFailed, EngineError, InputError, RunCancelled, RunTimedOut, SparkopsError
from sparkops.pipeline.reports.replay_verdict import ReplayVerdict, verdict_to_json
from sparkops.runs.records.run import Run

# Stands for the interpreter: prints what a job's file may print, and ends with an exit code, with a verdict or without.
INTERPRETER = """#!{python}
import json, os, sys
from pathlib import Path
arguments = json.loads(Path(sys.argv[-1]).read_text())
Path({saved!r}).write_text(json.dumps([sys.argv[1:], arguments]))
print('{{"verdict": "loaded"}}')
verdict = {verdict!r}
if verdict:
    Path(arguments[-1]).write_text(verdict)
sys.exit({exit_code})
"""
JOBS = """
from pyspark.sql import DataFrame
from lib.clean import MARK
from sparkops import job

print("loaded", MARK)

@job
def sales(raw: DataFrame) -> DataFrame:
    return raw
"""


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project in a folder of a git repository, with one commit."""
    root = tmp_path / "repository" / "project"
    (root / "jobs").mkdir(parents=True)
    (root / "jobs" / "sales.py").write_text("first = 1\n")
    git(tmp_path / "repository", "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "First")
    return root


def test_the_jobs_of_the_recorded_commit_are_checked_out_and_removed(root: Path) -> None:
    run = Run(id="r1", job="sales", code={"git": git(root, "rev-parse", "HEAD"), "dirty": None})
    (root / "jobs" / "sales.py").write_text("second = 2\n")
    with check_out_jobs(root, str(root / "jobs"), run) as code:
        assert (code.jobs / "sales.py").read_text() == "first = 1\n"
        assert code.jobs.parent == code.root
        assert code.root.name == "project"
    assert not code.jobs.exists()
    assert len(git(root, "worktree", "list").splitlines()) == 1
    assert (root / "jobs" / "sales.py").read_text() == "second = 2\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ({}, "was in no git repository"),
        ({"git": "a" * 40, "dirty": "x"}, "had uncommitted changes then"),
        ({"git": "a" * 40, "dirty": "unknown"}, "git failed then, so it is unknown whether"),
        ({"git": "a" * 40, "dirty": None}, "commit aaaaaaaaaa is not in the git repository"),
        ({"git": "--help", "dirty": None}, "is not in the git repository"),
    ],
)
def test_code_that_is_in_no_commit_is_refused(root: Path, code: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=f"Cannot replay run r1 with its recorded code: .*{message}"):
        require_commit(root, Run(id="r1", job="sales", code=code))


def test_jobs_outside_of_the_repository_are_refused(root: Path, tmp_path: Path) -> None:
    run = Run(id="r1", job="sales", code={"git": git(root, "rev-parse", "HEAD"), "dirty": None})
    with (
        pytest.raises(InputError, match="outside of the git repository"),
        check_out_jobs(root, str(tmp_path), run),
    ):
        pass


def replay_with(
    tmp_path: Path, exit_code: int, verdict: ReplayVerdict | None, *options: str
) -> tuple[ReplayVerdict, list[list[str]]]:
    """Return the verdict of a process that ends with an exit code, and its command line and arguments."""
    python, saved = tmp_path / "python", tmp_path / "saved.json"
    text = json.dumps(verdict_to_json(verdict)) if verdict else ""
    python.write_text(
        INTERPRETER.format(python=sys.executable, saved=str(saved), verdict=text, exit_code=exit_code)
    )
    python.chmod(0o755)
    code = RecordedCode(tmp_path / "tree" / "jobs", tmp_path / "tree")
    result = replay_in_process(tmp_path, code, Run(id="r1", job="sales"), options, python=str(python))
    return result, json.loads(saved.read_text())


@pytest.mark.parametrize("exit_code", [0, 4])
def test_what_a_job_prints_does_not_damage_the_verdict(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], exit_code: int
) -> None:
    verdict = ReplayVerdict(run="r2", original="r1", job="sales", tolerance=0.0)
    assert replay_with(tmp_path, exit_code, verdict)[0] == verdict
    output = capfd.readouterr()
    assert (output.out, output.err) == ("", '{"verdict": "loaded"}\n')


@pytest.mark.parametrize(
    ("exit_code", "error"),
    [
        (1, EngineError),
        (2, InputError),
        (3, ChecksFailed),
        (124, RunTimedOut),
        (130, RunCancelled),
        (0, EngineError),
    ],
)
def test_the_exit_code_of_the_process_is_that_of_the_command(
    tmp_path: Path, exit_code: int, error: type[SparkopsError]
) -> None:
    with pytest.raises(
        SparkopsError, match=f"ended with exit code {exit_code}; its message is above"
    ) as raised:
        replay_with(tmp_path, exit_code, None)
    assert type(raised.value) is error


def test_options_are_no_arguments_that_a_list_of_processes_shows(tmp_path: Path) -> None:
    verdict = ReplayVerdict(run="r2", original="r1", job="sales", tolerance=0.0)
    _, (command, arguments) = replay_with(tmp_path, 0, verdict, "--set", "spark.conf.a=secret")
    assert arguments[:6] == ["replay", "r1", "--project", str(tmp_path), "--set", "spark.conf.a=secret"]
    assert "secret" not in " ".join(command)


@pytest.mark.parametrize("present", [None, "/elsewhere"])
def test_recorded_modules_are_found_before_those_of_the_path(tmp_path: Path, present: str | None) -> None:
    root = tmp_path / "tree" / "project"
    (root / "src" / "acme" / "jobs").mkdir(parents=True)
    (root / "src" / "acme" / "__init__.py").touch()
    environment = {"HOME": "/h"} | ({"PYTHONPATH": present} if present else {})
    built = build_environment(RecordedCode(root / "src" / "acme" / "jobs", root), environment)
    folders = [str(root / "src"), str(root), *([present] if present else [])]
    assert built == {"HOME": "/h", "PYTHONPATH": os.pathsep.join(folders), "PYTHONSAFEPATH": "1"}


@pytest.fixture
def changed(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, str]:
    """Return a project with a run, whose module outside of the jobs has changed since; and the run."""
    root = make_project({"jobs/sales.py": JOBS, "lib/clean.py": "MARK = 'recorded'\n"})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "First")
    (root / "lib" / "clean.py").write_text("MARK = 'of today'\n")
    engine = Engine(root)
    code = {"git": git(root, "rev-parse", "HEAD"), "dirty": None}
    attempt = engine.runs.begin("r1", "sales", code=code, env="base")
    attempt.append("published", outputs={"sales": {"version": 0, "rows": 1, "identity": "i"}})
    attempt.enter("done", "ended", ended="2026-11-30T12:00:00+00:00")
    monkeypatch.chdir(root)
    return engine, "r1"


def test_modules_outside_of_the_jobs_are_those_of_the_commit_too(
    changed: tuple[Engine, str], capfd: pytest.CaptureFixture[str]
) -> None:
    engine, run = changed
    # The table that the run read is missing: the process ends before Spark starts, with its files imported.
    with pytest.raises(InputError, match="ended with exit code 2"):
        engine.replay(run, options=ReplayOptions(code="recorded"))
    output = capfd.readouterr()
    assert "loaded recorded" in output.err
    assert "`raw` is an input of the job now, and was not one of the run" in output.err
    assert "of today" not in output.err
    assert output.out == ""


def test_settings_of_the_command_are_those_of_the_process(
    changed: tuple[Engine, str], capfd: pytest.CaptureFixture[str]
) -> None:
    engine, run = changed
    engine = Engine(engine.root, overrides=["state=elsewhere"])
    engine.runs.begin(run, "sales", code=Engine(engine.root).runs.load(run).code).enter("done", "ended")
    with pytest.raises(InputError, match="ended with exit code 2"):
        engine.replay(run, options=ReplayOptions(code="recorded"))
    # The record elsewhere says that the run published nothing.
    assert "Job `sales` writes `sales` now, and run r1 published no table" in capfd.readouterr().err


@pytest.mark.parametrize(
    "command", [["--debug", "--code", "recorded"], ["--code", "recorded", "--debug", "--json"]]
)
def test_the_recorded_code_is_not_debugged(
    changed: tuple[Engine, str], capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    engine, run = changed
    assert run_command(["replay", run, "--project", str(engine.root), *command]) == 2
    assert "Check out the commit of run r1 to debug it, or leave out --code" in capsys.readouterr().err
    with pytest.raises(InputError, match="The debugger calls the present code"):
        engine.debug(run, options=ReplayOptions(code="recorded"))
