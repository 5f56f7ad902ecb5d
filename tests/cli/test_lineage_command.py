"""`sparkops lineage` on the recorded runs of tests/golden."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.cli.main import run_command
from sparkops.engine import Engine

GOLDEN = Path(__file__).parent.parent / "golden" / "v2"


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project()
    shutil.copytree(GOLDEN / "runs", root / ".sparkops" / "runs")
    monkeypatch.chdir(root)
    return root


def test_a_tree_of_a_model(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["lineage", "late/2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("model late/2, ")
    assert lines[1] == "Made from:"
    assert lines[2].startswith(
        "  run 20261130-032036-3k92w89v8v (train), done 2026-11-30 03:20:36Z, code 3fe5c68c59d9"
    )
    assert lines[3].startswith("    orders@0, 119 rows written")
    assert lines[4].startswith("      run 20261130-031950-jexyqcw9j3 (orders), done")
    assert lines[4].endswith("10 checks, 1 failed")
    assert lines[5] == "        source raw (files 18750cb73562)"
    assert lines[6] == "Used by:"
    assert lines[8].strip().startswith("scores@0, ")


def test_options_choose_direction_depth_and_form(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["lineage", "sales", "--down"]) == 0
    assert "Made from" not in capsys.readouterr().out
    assert run_command(["lineage", "late", "--up", "--depth", "1", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert [node["kind"] for node in value["nodes"]] == ["model", "run", "table"]
    assert run_command(["lineage", "late", "--dot"]) == 0
    assert capsys.readouterr().out.startswith("digraph lineage {")
    assert run_command(["lineage", "late", "--dot", "--json"]) == 2


@pytest.mark.parametrize("name", ["nothing", "orders@7", "late/9", "orders@x", ""])
def test_what_no_run_recorded_is_bad_input(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run_command(["lineage", name]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_engine_returns_the_same(project: Path) -> None:
    lineage = Engine(project).lineage("late/2", direction="up")
    assert lineage.list_sources(lineage.root) == ("run:20261130-032036-3k92w89v8v",)
