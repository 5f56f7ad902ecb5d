"""`sparkops runs`: lists, follows, exports, imports and removes runs, as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.cli.main import run_command
from sparkops.engine import Engine
from sparkops.runs.records.store import RunStore


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project()
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def store(project: Path) -> RunStore:
    store = RunStore(project / ".sparkops" / "runs")
    for day, (job, state) in enumerate((("sales", "done"), ("sales", "failed"), ("rates", "done")), 1):
        attempt = store.begin(f"2024010{day}-000000-aaaaaaaaa{day}", job)
        attempt.log.write_text(f"log of {job}\n")
        error = {"kind": "JobFailed", "message": "No.", "cause": "ValueError: x", "stage": "3: task 0"}
        attempt.append(
            "ended", state=state, ended=f"2024-01-0{day}T00:00:00+00:00", error=error if state == "failed" else None
        )  # fmt: skip
    return store


def list_days(capsys: pytest.CaptureFixture[str], *options: str) -> list[int]:
    assert run_command(["runs", "--json", *options]) == 0
    return [int(run["id"][7]) for run in json.loads(capsys.readouterr().out)]


def test_runs_are_listed_by_job_state_and_time(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert list_days(capsys) == [3, 2, 1]
    assert list_days(capsys, "--job", "sales") == [2, 1]
    assert list_days(capsys, "--job", "sales", "--state", "done", "--limit", "5") == [1]
    assert list_days(capsys, "--since", "1h") == [3, 2, 1]
    assert list_days(capsys, "--since", "2999-01-01") == []
    assert run_command(["runs", "--state", "timed-out"]) == 0
    assert capsys.readouterr().out == "No such runs.\n"


def test_the_runs_of_a_fan_out_are_listed_and_counted_under_it(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [
        {"run": f"20240105-00000{n}-aaaaaaaaaa", "label": f"n={n}", "params": {"n": n}} for n in range(3)
    ]
    parent = store.begin("20240104-000000-aaaaaaaaaa", "sales", each={"n": ["0", "1", "2"]}, items=items)
    for item, state in zip(items, ("done", "failed"), strict=False):
        store.begin(str(item["run"]), "sales", parent=parent.run_id).append("ended", state=state)
    assert list_days(capsys, "--limit", "2") == [4, 3]
    assert list_days(capsys, "--parent", "20240104") == [5, 5]
    assert run_command(["runs", "show", "20240104"]) == 0
    printed = capsys.readouterr().out
    assert "Runs     3 runs: 1 done, 1 failed, 1 not started" in printed
    assert "         20240105-000001-aaaaaaaaaa  n=1  failed" in printed
    assert run_command(["runs"]) == 0
    assert "3 runs" in capsys.readouterr().out


@pytest.mark.parametrize("options", [["--since", "yesterday"], ["--since", ""], ["--state", "broken"]])
def test_a_wrong_filter_is_bad_input(
    store: RunStore, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert run_command(["runs", *options]) == 2
    assert options[0] in capsys.readouterr().err


def test_the_first_error_and_the_stage_are_shown(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["runs", "show", "a2"]) == 0
    shown = capsys.readouterr().out
    assert "Error    JobFailed: No.\nCause    ValueError: x\nStage    3: task 0\n" in shown


def test_a_run_goes_to_another_project_and_back(
    store: RunStore, project: Path, make_project: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["runs", "export", "a1", "run.zip"]) == 0
    assert "attempt-001.jsonl, attempt-001.log (" in capsys.readouterr().out
    assert run_command(["runs", "export", "a1", "run.zip"]) == 2
    other = make_project(name="other")
    assert run_command(["runs", "import", "run.zip", "--project", str(other), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_new"] is True
    assert run_command(["runs", "import", "run.zip", "--project", str(other)]) == 0
    assert "is in this project already" in capsys.readouterr().out
    assert run_command(["runs", "show", "last", "--project", str(other)]) == 0
    assert f"Log      {other}" in capsys.readouterr().out
    assert not Engine(project).import_run(project / "run.zip").is_new


def test_old_runs_are_listed_before_they_are_removed(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["runs", "prune", "--keep", "90d", "--dry-run", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["removed"] is False
    assert [run["run"][7] for run in listed["runs"]] == ["2"]
    assert len(store.list_ids()) == 3
    assert run_command(["runs", "prune", "--keep", "90d"]) == 0
    assert "1 run, " in capsys.readouterr().out
    assert len(store.list_ids()) == 2
    assert run_command(["runs", "prune", "--keep", "90d"]) == 0
    assert capsys.readouterr().out == "Nothing to remove.\n"


@pytest.mark.parametrize("keep", ["90", "-1d", "long", ""])
def test_a_wrong_duration_removes_nothing(
    store: RunStore, capsys: pytest.CaptureFixture[str], keep: str
) -> None:
    assert run_command(["runs", "prune", f"--keep={keep}"]) == 2
    assert "write 90d" in capsys.readouterr().err
    assert len(store.list_ids()) == 3


def test_a_log_is_followed_from_another_process(store: RunStore, project: Path) -> None:
    attempt = store.begin("20240104-000000-aaaaaaaaa4", "sales")
    command = "from sparkops.cli.main import main; main(['runs', 'log', '-f', 'last'])"
    with subprocess.Popen([sys.executable, "-c", command], cwd=project, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        attempt.log.write_text("one\n")
        assert reader.stdout.readline() == b"one\n"
        with attempt.log.open("a") as log:
            log.write("two\n")
        assert reader.stdout.readline() == b"two\n"
        time.sleep(0.3)
        assert reader.poll() is None
        attempt.enter("done", "ended", ended="2024-01-04T00:00:00+00:00")
        assert reader.wait(20) == 0


def test_an_attempt_cannot_be_followed(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["runs", "log", "-f", "last", "--attempt", "1"]) == 2
    assert "leave out --attempt" in capsys.readouterr().err


def test_two_runs_are_compared_in_words_and_as_json(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["runs", "diff", "a1", "a2"]) == 0
    shown = capsys.readouterr().out
    assert "The run ended `failed` instead of `done`." in shown
    assert "State:\n  state: done -> failed  (No.)\n" in shown
    assert run_command(["runs", "diff", "a1", "a2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"]["state"][0]["after"] == "failed"
    assert run_command(["runs", "diff", "a1", "a1"]) == 0
    assert "are the same" in capsys.readouterr().out
    assert run_command(["runs", "diff", "a1", "zzz"]) == 2
