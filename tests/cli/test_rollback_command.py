"""`sparkops rollback` on tables of delta-rs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.delta_runs import DeltaRuns

from sparkops import Engine
from sparkops.cli.main import run_command


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> DeltaRuns:
    root = make_project()
    monkeypatch.chdir(root)
    return DeltaRuns(Engine(root))


def test_what_would_be_done_is_shown_and_a_pipe_is_refused(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run("sales", writes={"t": {"a": [1]}})
    second = project.run("sales", writes={"t": {"a": [2]}, "u": {"a": [1]}})
    assert run_command(["rollback", second]) == 2
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        f"Run {second} (sales, done) is undone.",
        "  table t: version 1 undone; it returns to version 0",
        "  table u: version 0 undone; it did not exist before, and becomes empty",
    ]
    assert output.err == "Error: Roll back 1 run? Pass --yes to confirm.\n"
    assert run_command(["rollback", second, "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [item["version"] for item in plan["tables"]] == [0, None]
    assert project.read("t") == [{"a": 1}, {"a": 2}]


def test_a_run_is_rolled_back_shown_and_brought_back(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run("sales", writes={"t": {"a": [1]}})
    second = project.run("sales", writes={"t": {"a": [2]}})
    assert run_command(["rollback", second, "--yes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rollback = lines[0].split()[-1].rstrip(".")
    assert lines == [
        f"Rolled back 1 run by run {rollback}.",
        "  t version 2: as version 0, 1 row",
        f"Take it back with: sparkops rollback {rollback}",
    ]
    assert run_command(["runs"]) == 0
    listed = capsys.readouterr().out
    assert "rolled back" in listed
    assert "rollback" in listed
    assert run_command(["runs", "--state", "rolled-back"]) == 0
    assert capsys.readouterr().out.count("sales") == 1
    assert run_command(["runs", "show", second]) == 0
    assert f"Undone   by run {rollback}" in capsys.readouterr().out
    assert run_command(["runs", "show", rollback]) == 0
    assert f"Undid    run {second} (sales)" in capsys.readouterr().out
    assert run_command(["runs", "resume", second]) == 2
    assert "was rolled back by run" in capsys.readouterr().err
    assert run_command(["lineage", "t@2", "--up"]) == 0
    shown = capsys.readouterr().out
    assert f"run {rollback} (rollback), done" in shown
    assert "t@0, 1 row written" in shown
    assert run_command(["rollback", rollback, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"]["t"]["rows"] == 2
    assert project.read("t") == [{"a": 1}, {"a": 2}]


def test_later_work_is_listed_as_bad_input(project: DeltaRuns, capsys: pytest.CaptureFixture[str]) -> None:
    first = project.run("sales", writes={"t": {"a": [1]}})
    project.run("sales", writes={"t": {"a": [2]}})
    assert run_command(["rollback", first, "--yes"]) == 2
    assert "(sales) made version 1 of `t`\n--cascade rolls back" in capsys.readouterr().err
    assert run_command(["rollback", first, "--yes", "--cascade"]) == 0
    assert project.read("t") == []
