"""A damaged record is named and skipped; the others are listed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.cli.main import run_command
from sparkops.errors import ProjectError
from sparkops.runs.records.store import RunStore

DAMAGED = {
    "list": b"[1,2]\n",
    "number": b"3\n",
    "bytes": b"\xff\xfe\n",
    "not JSON": b"{\n",
    "deep": b"[" * 5000 + b"]" * 5000 + b"\n",
    "other keys": b'{"event": "x", "time": "t", "colour": 1}\n',
    "no id": b'{"event": "started", "time": "t"}\n',
    "time": b'{"event": "started", "time": "t", "id": "r", "job": "j", "started": "yesterday"}\n',
    "checks": b'{"event": "started", "time": "t", "id": "r", "job": "j"}\n{"event": "checked", "time": "t", "checks": [3]}\n',
    "inputs": b'{"event": "started", "time": "t", "id": "r", "job": "j"}\n{"event": "pinned", "time": "t", "inputs": [3]}\n',
    "process": b'{"event": "started", "time": "t", "id": "r", "job": "j", "state": "running", "process": "x"}\n',
    "no time zone": b'{"event": "started", "time": "t", "id": "r", "job": "j", "started": "2024-01-01T00:00:00"}\n',
    "a number as a time": b'{"event": "started", "time": "t", "id": "r", "job": "j", "ended": 0.5}\n',
    "a list as a log": b'{"event": "started", "time": "t", "id": "r", "job": "j", "log": ["x"]}\n',
    "a list as a report": b'{"event": "started", "time": "t", "id": "r", "job": "j", "report": []}\n',
    "a text as a metric": b'{"event": "started", "time": "t", "id": "r", "job": "j", "metrics": {"a": "x"}}\n',
    "an output of no form": b'{"event": "started", "time": "t", "id": "r", "job": "j", "outputs": {"a": 3}}\n',
    "a model of no form": b'{"event": "started", "time": "t", "id": "r", "job": "j", "registered": [1]}\n',
    "digits": b'{"event": "started", "time": "t", "id": "r", "job": "j", "attempt": ' + b"9" * 5000 + b"}\n",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_record_is_skipped_with_a_warning(
    make_project: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    project = make_project()
    store = RunStore(project / ".sparkops" / "runs")
    store.begin("20240101-000000-aaaaaaaaaa", "good").append(
        "ended", state="done", ended="2024-01-01T00:00:00+00:00"
    )
    folder = store.folder / "20240102-000000-bbbbbbbbbb"
    folder.mkdir()
    (folder / "attempt-001.jsonl").write_bytes(DAMAGED[name])
    monkeypatch.chdir(project)
    assert run_command(["runs"]) == 0
    printed = capsys.readouterr()
    assert "20240101-000000-aaaaaaaaaa" in printed.out
    assert "Warning: The record of a run, " in printed.err
    assert "20240102-000000-bbbbbbbbbb" in printed.err
    with pytest.raises(ProjectError, match="is damaged"):
        store.load("20240102-000000-bbbbbbbbbb")
    for command in (
        ["runs", "show", "20240102"],
        ["runs", "resume", "20240102"],
        ["runs", "log", "20240102"],
    ):
        assert run_command(command) == 2
        assert "is damaged" in capsys.readouterr().err


def test_a_record_of_which_nothing_is_written_yet_is_skipped_silently(
    make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project()
    folder = project / ".sparkops" / "runs" / "20240102-000000-bbbbbbbbbb"
    folder.mkdir(parents=True)
    (folder / "attempt-001.jsonl").write_bytes(b'{"event": "sta')
    monkeypatch.chdir(project)
    assert run_command(["runs"]) == 0
    assert "Warning" not in capsys.readouterr().err


START = b'{"event": "started", "time": "t", "id": "20240102-000000-bbbbbbbbbb", "job": "j", "started": "2024-01-01T00:00:00+00:00"'


@pytest.mark.parametrize(
    ("damage", "command"),
    [
        (b', "outputs": {"a": {}}}', ["runs"]),
        (b', "registered": {"name": "m"}}', ["runs"]),
        (b', "outputs": {"a": {}}}', ["runs", "show", "20240102"]),
        (b', "checks": [{"table": "t"}]}', ["runs", "show", "20240102"]),
        (b', "checks": [{"table": []}]}', ["runs", "show", "20240102"]),
        (b', "registered": {"name": "m"}}', ["runs", "show", "20240102"]),
        (b', "error": {"kind": "E"}}', ["runs", "show", "20240102"]),
    ],
)
def test_damage_inside_a_record_is_reported_where_it_is_shown(
    make_project: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damage: bytes,
    command: list[str],
) -> None:
    project = make_project()
    folder = project / ".sparkops" / "runs" / "20240102-000000-bbbbbbbbbb"
    folder.mkdir(parents=True)
    (folder / "attempt-001.jsonl").write_bytes(START + damage + b"\n")
    monkeypatch.chdir(project)
    assert run_command(command) == (0 if command == ["runs"] else 2)
    assert "20240102-000000-bbbbbbbbbb, is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_record_that_is_no_file_is_not_waited_for(
    make_project: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    project = make_project()
    folder = project / ".sparkops" / "runs" / "20240102-000000-bbbbbbbbbb"
    folder.mkdir(parents=True)
    record = folder / "attempt-001.jsonl"
    if kind == "pipe":
        os.mkfifo(record)
    else:
        record.symlink_to("/dev/zero")
    monkeypatch.chdir(project)
    assert run_command(["runs"]) == 0
    assert run_command(["runs", "show", "last"]) == 2
    reason = "it is no regular file" if kind == "pipe" else "it is a symbolic link"
    assert capsys.readouterr().err.count(f"is damaged ({reason})") == 2


def test_a_record_without_events_is_reported_when_it_is_named(
    make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project()
    folder = project / ".sparkops" / "runs" / "20240102-000000-bbbbbbbbbb"
    folder.mkdir(parents=True)
    (folder / "attempt-001.jsonl").touch()
    monkeypatch.chdir(project)
    assert run_command(["runs", "show", "last"]) == 2
    assert "Error: Nothing of run 20240102-000000-bbbbbbbbbb is recorded" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["attempt-x.jsonl", "attempt--1.jsonl", "attempt-.jsonl", "attempt-" + "9" * 30 + ".jsonl"]
)
def test_files_of_other_names_do_not_belong_to_a_run(name: str, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    attempt = store.begin("20260101-000000-abc", "orders")
    (attempt.path.parent / name).write_text("no record")
    assert [run.id for run in store.list_newest()] == ["20260101-000000-abc"]
    assert store.find_newest_attempt("20260101-000000-abc").number == 1
