"""How many modules a command imports: most of the time of a short command is spent on imports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.runs.records.store import RunStore

JOB = '''
from datetime import date
from typing import Annotated
from pydantic import Field
from pyspark.sql import DataFrame
from sparkops import job

@job(writes="sales", replace="day")
def daily(orders: DataFrame, *, day: date, top: Annotated[int, Field(ge=1)] = 3) -> DataFrame:
    """Sum the orders of a day."""
'''
# Prints the names of the imported modules after the output of the command.
CODE = """
import json, sys
from sparkops.cli.main import run_command
code = run_command(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
sys.exit(code)
"""
# Of each command, at most so many modules of sparkops, and of all packages. The second number leaves room for versions
# of Python and of packages that import some more. A higher number needs a reason: 10 modules of sparkops take 5 ms.
# Commands of records have the reader of state files, and those with settings the types of these: numbers within bounds.
LIMITS = {
    "--version": (16, 200),
    "--help": (16, 155),
    "jobs": (95, 372),
    "runs": (72, 345),
    "models": (75, 352),
    "tables": (68, 345),
    "plan --param day=2013-07-04": (256, 550),
    "streams": (158, 440),
    "runs --help": (66, 230),
    "models --help": (112, 390),
}
# Modules that these commands do not need, and that import many others or take long.
UNNEEDED = {
    *("asyncio", "ssl", "http.client", "html", "xml", "multiprocessing", "numpy", "pandas", "pyspark"),
    *("mlflow", "deltalake", "great_expectations", "pyarrow", "sparkops.checks", "sparkops.compiler", "sparkops.serving"),
}  # fmt: skip


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    tables = "tables:\n  orders: {path: source/orders.csv, format: csv}\n"
    root = make_project({"jobs/daily.py": JOB, "conf/base/tables.yml": tables, "source/orders.csv": "a\n1\n"})
    attempt = RunStore(root / ".sparkops" / "runs").begin("20130704-120000-abc", "daily", params={"top": 3})
    attempt.append("ended", state="done", ended="2013-07-04T12:00:09+00:00")
    return root


def list_modules(project: Path, words: str) -> set[str]:
    """Return the modules that a process has imported when a command has ended."""
    command = [sys.executable, "-c", CODE, *words.split()]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize("words", LIMITS)
def test_a_command_imports_few_modules(project: Path, words: str) -> None:
    modules = list_modules(project, words)
    own = sorted(name for name in modules if name.partition(".")[0] == "sparkops")
    most_own, most = LIMITS[words]
    assert len(own) <= most_own, own
    assert len(modules) <= most, sorted(modules)
    assert UNNEEDED & modules == set()


@pytest.mark.parametrize("words", ["jobs", "runs", "models", "tables"])
def test_a_list_does_not_look_for_plugins_of_pydantic(project: Path, tmp_path: Path, words: str) -> None:
    """Find a plugin that would end the process."""
    folder = tmp_path / "site"
    (folder / "noisy-1.dist-info").mkdir(parents=True)
    (folder / "noisy-1.dist-info" / "entry_points.txt").write_text(
        "[pydantic]\nnoisy = noisy:plugin\n", "utf-8"
    )
    (folder / "noisy-1.dist-info" / "METADATA").write_text("Name: noisy\nVersion: 1\n", "utf-8")
    (folder / "noisy.py").write_text("raise SystemExit('a plugin was imported')\n", "utf-8")
    code = f"import sys\nsys.path.insert(0, {str(folder)!r})\n{CODE}"
    command = [sys.executable, "-c", code, words]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_a_list_of_runs_imports_neither_jobs_nor_other_commands_about_runs(project: Path) -> None:
    modules = list_modules(project, "runs")
    assert "sparkops.runs.records.store" in modules
    parts = (
        "sparkops.pipeline.job",
        "sparkops.pipeline.parameters",
        "sparkops.cli.runs.show",
        "sparkops.runs.compare",
    )
    assert [part for part in parts if part in modules] == []
