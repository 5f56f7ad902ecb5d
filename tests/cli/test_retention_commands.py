"""`sparkops runs at-risk` and `runs keep` on tables of delta-rs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable
from fakes.delta_runs import DeltaRuns

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.errors import InputError
from sparkops.runs.records.verdicts import VersionVerdict


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> DeltaRuns:
    root = make_project()
    monkeypatch.chdir(root)
    return DeltaRuns(Engine(root))


def vacuum(project: DeltaRuns, table: str) -> None:
    DeltaTable(str(project.warehouse / table)).vacuum(0, dry_run=False, enforce_retention_duration=False)


def test_runs_at_risk_are_listed_with_dates(project: DeltaRuns, capsys: pytest.CaptureFixture[str]) -> None:
    project.run(writes={"t": {"a": [1]}})
    reader = project.run("reader", reads=["t"], writes={"u": {"a": [1]}})
    assert run_command(["runs", "at-risk"]) == 0
    assert capsys.readouterr().out == "No run has an input that is gone or may be removed.\n"
    project.run(writes={"t": {"a": [2]}}, mode="overwrite")
    assert run_command(["runs", "at-risk", "--json"]) == 0
    [item] = json.loads(capsys.readouterr().out)
    assert (item["run"], item["table"], item["version"], item["outlook"]) == (reader, "t", 0, "at_risk")
    assert item["reason"] == "VACUUM"
    assert run_command(["runs", "at-risk", "--within", "2d"]) == 0
    assert "No run has" in capsys.readouterr().out
    assert run_command(["runs", "at-risk", "--within", "x"]) == 2
    vacuum(project, "t")
    capsys.readouterr()
    assert run_command(["runs", "at-risk"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "t@0" in lines[1]
    assert "gone" in lines[1]
    assert lines[-1] == "1 run, 1 of them with an input that is gone."


def test_a_run_keeps_what_it_needs_until_that_is_undone(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run(writes={"t": {"a": [1]}})
    first = project.run("reader", reads=["t"], writes={"u": {"a": [1]}})
    second = project.run("reader", reads=["t"])
    assert run_command(["runs", "keep", first, "--dry-run"]) == 0
    assert "2 copies would be kept" in capsys.readouterr().out
    assert not (project.warehouse / "_copies").exists()
    assert run_command(["runs", "keep", first]) == 0
    output = capsys.readouterr().out
    assert output.startswith("Copying 2 versions, ")
    assert "as hard links that take no space before VACUUM" in output
    assert run_command(["runs", "keep", second]) == 0
    project.run(writes={"t": {"a": [2]}}, mode="overwrite")
    vacuum(project, "t")
    engine = project.engine
    assert engine.runs_at_risk() == ()
    assert engine.prune_runs(keep=timedelta(0)) == () or first in engine.runs.list_ids()
    capsys.readouterr()
    assert run_command(["runs", "keep"]) == 0
    listed = capsys.readouterr().out
    assert listed.count("\tt@0\t") == 2
    assert listed.count("\tu@0\t") == 1
    # The other run still needs version 0 of `t`.
    assert [copy.table for copy in engine.release_run(first).copies] == ["u"]
    assert not engine.runs.is_protected(first)
    assert engine.container.tables.pin("t", at=0).version == 0
    assert run_command(["runs", "keep", second, "--undo"]) == 0
    assert "1 copy removed" in capsys.readouterr().out
    assert {item.run for item in engine.runs_at_risk()} == {first, second}


def test_what_cannot_be_kept_is_bad_input(project: DeltaRuns, capsys: pytest.CaptureFixture[str]) -> None:
    empty = project.run()
    running = project.run(state="running")
    for arguments, message in (
        ([empty], "read and wrote no versions"),
        ([running], "is running"),
        ([empty, "--undo"], "No versions are copied"),
        (["--undo"], "Give the run"),
    ):
        assert run_command(["runs", "keep", *arguments]) == 2
        assert message in capsys.readouterr().err
    with pytest.raises(InputError):
        project.engine.release_run(empty)


def test_a_run_one_of_whose_versions_is_gone_is_not_kept_in_part(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run(writes={"t": {"a": [1]}, "u": {"a": [1]}})
    reader = project.run("reader", reads=["t", "u"])
    project.run(writes={"u": {"a": [2]}}, mode="overwrite")
    vacuum(project, "u")
    assert run_command(["runs", "keep", reader]) != 0
    assert "Version 0 of table `u`" in capsys.readouterr().err
    assert not (project.warehouse / "_copies").exists()
    assert project.engine.copies() == ()
    assert not project.engine.runs.is_protected(reader)


def test_a_copy_that_is_missing_is_listed_as_such(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run(writes={"t": {"a": [1]}})
    reader = project.run("reader", reads=["t"])
    assert run_command(["runs", "keep", reader, "--dry-run"]) == 0
    assert "linked" in capsys.readouterr().out
    assert run_command(["runs", "keep", reader]) == 0
    assert run_command(["runs", "keep"]) == 0
    assert "\tmissing\t" not in capsys.readouterr().out
    # A removal that stops at once leaves a hidden folder, which is no copy.
    copies, identity = (
        project.engine.container.tables.copies,
        project.engine.container.tables.pin("t").identity,
    )
    with monkeypatch.context() as patch:
        patch.setattr("sparkops.tables.version_copies.remove_folder", lambda folder, session: None)
        copies.remove("t", identity, 0)
    assert copies.find("t", identity, 0) is None
    assert run_command(["runs", "keep"]) == 0
    assert "\tmissing\t" in capsys.readouterr().out


def test_verdicts_of_versions_that_are_gone_or_old_are_pruned(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    def save(table: str, version: int, days: int) -> None:
        pin = replace(project.engine.container.tables.pin(table), version=version)
        time = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        verdict = VersionVerdict(
            table=table, version=version, suite="s", failed=False, results=(), summary="", run="r", time=time
        )
        project.engine.container.build_run_context().verdicts.save(pin, verdict)

    for number in range(4):
        project.run(writes={"t": {"a": [number]}}, mode="overwrite" if number == 1 else "append")
        project.run(writes={"dropped": {"a": [number]}})
    vacuum(project, "t")
    # VACUUM commits, too.
    newest = project.engine.history("t")[0].version
    for version, days in ((0, 1), (1, 100), (2, 1), (newest, 100)):
        save("t", version, days)
    save("dropped", 0, 1)
    shutil.rmtree(project.warehouse / "dropped")
    assert run_command(["runs", "prune", "--keep", "90d", "--dry-run", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    expected = [("dropped", 0, "gone"), ("t", 0, "gone"), ("t", 1, "old")]
    assert [(item["table"], item["version"], item["reason"]) for item in listed["verdicts"]] == expected
    assert listed["runs"] == []
    assert run_command(["runs", "prune", "--keep", "90d"]) == 0
    assert capsys.readouterr().out.startswith("3 verdicts, ")
    assert run_command(["runs", "prune", "--keep", "90d"]) == 0
    assert capsys.readouterr().out == "Nothing to remove.\n"
    # The verdict about the newest version stays, whatever its age.
    assert [item.version for item in project.engine.prune_verdicts(keep=timedelta(0))] == [2]
