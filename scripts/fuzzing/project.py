"""A small project with runs, a table, jobs and configuration for surfaces that run commands, and the commands in this process."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from fuzzing.folders import GOLDEN
from fuzzing.surface import Finding, check_message
from sparkops.cli.main import cli, run_command

JOBS = '''"""Jobs of the fuzzer's project."""

from pyspark.sql import DataFrame
from sparkops import Report, Secret, job


@job
def orders(raw: DataFrame, *, day: str = "x", n: int = 1, token: Secret | None = None) -> DataFrame:
    """Return the orders."""
    return raw


@job
def page(orders: DataFrame, *, share: float = 0.5) -> Report:
    """Describe the orders."""
    return Report(title="Orders")
'''
TABLES = """tables:
  raw: {path: raw.csv, format: csv}
"""
EXIT_CODES = (0, 1, 2, 3, 130)


def make_project(folder: Path) -> Path:
    """Create a project with records of runs, a Delta table, a suite and a model; return it."""
    golden = GOLDEN / "v2"
    (folder / "jobs").mkdir(parents=True)
    (folder / "jobs" / "all.py").write_text(JOBS, "utf-8")
    (folder / "raw.csv").write_text("id,shop\n1,east\n", "utf-8")
    shutil.copytree(golden / "conf", folder / "conf")
    (folder / "conf" / "base").mkdir(exist_ok=True)
    (folder / "conf" / "base" / "tables.yml").write_text(TABLES, "utf-8")
    shutil.copytree(golden / "runs", folder / ".sparkops" / "runs")
    shutil.copytree(golden / "tables", folder / "warehouse")
    shutil.copytree(golden / "artifacts" / "linear", folder / "linear")
    return folder


@contextmanager
def without_jvm(folder: Path) -> Iterator[None]:
    """Work in a folder, without Java, credentials or a terminal, in the context."""
    hidden = {
        "PATH": str(folder / "no-programs"),
        "JAVA_HOME": str(folder / "no-java"),
        "NO_COLOR": "1",
        "HOME": str(folder),
    }
    before = {name: os.environ.get(name) for name in (*hidden, "SPARK_HOME", "MLFLOW_TRACKING_URI")}
    directory, standard_input = Path.cwd(), sys.stdin
    os.environ.update(hidden)
    os.environ.pop("SPARK_HOME", None)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    os.chdir(folder)
    sys.stdin = io.StringIO("")
    try:
        yield
    finally:
        sys.stdin = standard_input
        os.chdir(directory)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def run_quietly(words: Sequence[str]) -> str:
    """Run a command line in this process and return `exit` with its code.

    Raises:
        Finding: The exit code is not documented, or the command printed no message for users.
    """
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        code = run_command(words)
    if "Unexpected error" in errors.getvalue():
        # Once more, for the traceback.
        with redirect_stdout(output), redirect_stderr(errors):
            cli.main(args=list(words), prog_name="sparkops", standalone_mode=False, obj=set())
    if code not in EXIT_CODES:
        raise Finding(f"exit code {code}")
    if code or errors.getvalue():
        check_message((errors.getvalue() or output.getvalue())[-3000:])
    return f"exit {code}"
