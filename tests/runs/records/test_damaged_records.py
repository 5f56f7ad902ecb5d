"""A damaged record is named and skipped; the others are listed."""

from __future__ import annotations

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
