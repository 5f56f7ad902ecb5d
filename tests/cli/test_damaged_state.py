"""A file of the state that is damaged, or is no file at all, is named with what to do; lists and other runs go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.damaged_files import DAMAGE, damage
from fakes.delta_runs import DeltaRuns

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.runs.records.publications import OpenPublication, PublicationJournal


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> DeltaRuns:
    root = make_project()
    monkeypatch.chdir(root)
    return DeltaRuns(Engine(root))


def read_messages(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert "Unexpected error" not in printed.err
    assert all(len(line) < 600 for line in printed.err.splitlines())
    return printed.err


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_journal_is_named_and_the_others_are_used(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    run = project.run(writes={"t": {"a": [1]}})
    journal = PublicationJournal(project.engine.root / ".sparkops" / "publishing")
    journal.begin(
        OpenPublication(run="20240101-000000-aaaaaaaaaa", job="j", params="p", before={"t": 3, "u": None})
    )
    path = journal.folder / "20240101-000000-bbbbbbbbbb.json"
    damage(path, kind)
    [publication] = journal.list_open()
    assert (publication.job, publication.before) == ("j", {"t": 3, "u": None})
    assert "20240101-000000-bbbbbbbbbb" in journal.list_run_ids() or kind == "dangling link"
    for words in (["runs", "prune", "--keep", "1m", "--dry-run"], ["rollback", run, "--dry-run"]):
        assert run_command(words) == 0, words
        if words[0] == "rollback":
            assert (
                read_messages(capsys).count(f"{path}, the journal of a run that publishes, cannot be read")
                == 1
            )
    # What cannot be read protects its run, whatever else it says.
    assert run_command(["runs", "resume", "--all"]) == 2
    assert "No run `20240101-000000-aaaaaaaaaa`" in read_messages(capsys)


def test_a_journal_about_another_run_removes_no_other_file(project: DeltaRuns) -> None:
    journal = PublicationJournal(project.engine.root / ".sparkops" / "publishing")
    value = {"run": "../../conf/x", "job": "j", "params": "p", "before": {}}
    journal.folder.mkdir(parents=True)
    (journal.folder / "r1.json").write_text(json.dumps(value))
    assert journal.list_open() == ()


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_list_of_copies_is_named_and_the_others_are_listed(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    project.run(writes={"t": {"a": [1]}})
    good, bad = (project.run("reader", reads=["t"]) for _ in range(2))
    assert run_command(["runs", "keep", good]) == 0
    path = project.engine.root / ".sparkops" / "runs" / bad / "copies.json"
    damage(path, kind)
    capsys.readouterr()
    assert run_command(["runs", "keep"]) == 0
    printed = capsys.readouterr()
    assert good in printed.out
    assert bad not in printed.out
    # A link that leads nowhere is no list.
    is_named = f"{path}, the list of a run's copies, cannot be read" in printed.err
    assert is_named or kind == "dangling link"
    assert run_command(["runs", "keep", bad, "--undo"]) == 2
    assert run_command(["runs", "keep", bad]) in (0, 2)
    read_messages(capsys)


def test_a_list_of_copies_names_no_folder_outside(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run(writes={"t": {"a": [1]}})
    run = project.run("reader", reads=["t"])
    path = project.engine.root / ".sparkops" / "runs" / run / "copies.json"
    for entry in ({"table": "../../x", "identity": "i"}, {"table": "t", "identity": "/../y"}):
        path.write_text(json.dumps({"copies": [{**entry, "version": 0}]}))
        assert run_command(["runs", "keep", run, "--undo"]) == 2
        assert f"{path}, the list of a run's copies, cannot be read" in read_messages(capsys)


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_index_is_written_again(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    run = project.run("reader")
    damage(project.engine.root / ".sparkops" / "runs" / ".index.json", kind)
    for words in (["runs", "--job", "reader"], ["runs", "--since", "900d"], ["lineage", "orders"]):
        assert run_command(words) in (0, 2), words
        assert words[0] == "lineage" or run in capsys.readouterr().out
    read_messages(capsys)


@pytest.mark.parametrize("value", ["3", "[]", '"2024-01-01T00:00:00"', '"yesterday"', "1e400"])
def test_a_record_with_another_start_does_not_end_the_list(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    good, bad = project.run("reader"), project.run("reader")
    path = project.engine.root / ".sparkops" / "runs" / bad / "attempt-001.jsonl"
    event = json.loads(path.read_text().splitlines()[0]) | {"started": "PLACE"}
    path.write_text(json.dumps(event).replace('"PLACE"', value) + "\n")
    assert run_command(["runs", "--since", "900d"]) == 0
    printed = capsys.readouterr()
    assert good in printed.out
    assert bad in printed.err


@pytest.mark.parametrize(
    "pin", [{}, {"version": "3"}, {"version": True}, {"version": 3, "identity": 4}, {"version": 0}]
)
def test_a_record_with_inputs_of_another_form_is_left_out_of_those_at_risk(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str], pin: dict[str, object]
) -> None:
    project.run(writes={"t": {"a": [1]}})
    good = project.run("reader", reads=["t"])
    bad = project.run("reader")
    path = project.engine.root / ".sparkops" / "runs" / bad / "attempt-001.jsonl"
    with path.open("a") as file:
        file.write(json.dumps({"event": "pinned", "time": "t", "inputs": {"t": pin}}) + "\n")
    project.run(writes={"t": {"a": [2]}}, mode="overwrite")
    assert run_command(["runs", "at-risk"]) == 0
    printed = capsys.readouterr()
    assert good in printed.out
    assert bad in printed.err


@pytest.mark.parametrize("kind", ["dangling link", "pipe", "folder"])
def test_what_is_in_a_staging_area_is_measured_without_being_opened(
    project: DeltaRuns, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    damage(project.warehouse / "_staging" / "20240101-000000-aaaaaaaaaa" / "plan.json", kind)
    assert run_command(["gc", "--older-than", "0", "--dry-run"]) == 0
    assert "20240101-000000-aaaaaaaaaa" in capsys.readouterr().out
