"""The same command again: by a scheduler, after a kill, with a key and without."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from deltalake import DeltaTable
from fakes.real_processes import BIN

pytestmark = pytest.mark.cluster

PROJECT = {
    "jobs/loads.py": """
        from typing import NamedTuple

        from pyspark.sql import DataFrame
        from sparkops import job

        @job(mode="append")
        def loaded(raw: DataFrame) -> DataFrame:
            return raw

        class Both(NamedTuple):
            left: DataFrame
            right: DataFrame

        @job(mode="append")
        def both(raw: DataFrame) -> Both:
            return Both(left=raw, right=raw)

        @job
        def read_both(left: DataFrame, right: DataFrame) -> DataFrame:
            return left.unionByName(right)
    """,
    "conf/base/tables.yml": """
        tables:
          raw: {path: raw.csv, format: csv, options: {header: "true"}, schema: "id INT"}
    """,
    "conf/base/project.yml": """
        checks: {docs: false}
    """,
    "raw.csv": "id\n1\n2\n",
}
AIRFLOW = {
    "AIRFLOW_CTX_DAG_ID": "sales",
    "AIRFLOW_CTX_DAG_RUN_ID": "scheduled__2026-11-29",
    "AIRFLOW_CTX_TASK_ID": "load",
}
# A run whose process is killed just after its first table was published.
RUN_UNTIL_KILLED = """
    import os, signal, sys
    from sparkops import Engine
    from sparkops.tables import Tables

    original = Tables.publish

    def publish_then_die(*args, **kwargs):
        original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    Tables.publish = publish_then_die
    Engine().run(sys.argv[1])
"""


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project(PROJECT)


def command(
    project: Path, *words: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "sparkops", *words],
        cwd=project,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def kill(project: Path, job: str) -> str:
    """Run a job until it has published its first table; return the id of its run."""
    words = [sys.executable, "-c", dedent(RUN_UNTIL_KILLED), job]
    assert subprocess.run(words, cwd=project, capture_output=True, check=False).returncode == -signal.SIGKILL
    runs = json.loads(command(project, "runs", "--json").stdout)
    assert runs[0]["state"] == "crashed"
    return str(runs[0]["id"])


def ids(project: Path, table: str) -> list[int]:
    rows: Any = DeltaTable(project / "data" / "warehouse" / table).to_pyarrow_table(columns=["id"])
    return sorted(rows["id"].to_pylist())


@pytest.mark.slow
def test_a_command_with_a_key_is_one_run_however_often_it_is_started(project: Path) -> None:
    first = command(project, "run", "loaded", "--run-key", "monday")
    assert first.returncode == 0, first.stderr
    again = command(project, "run", "loaded", "--run-key", "monday")
    assert (again.returncode, "with the key `monday` is done already" in again.stderr) == (0, True)
    assert ids(project, "loaded") == [1, 2]
    # The retry of a task of Airflow has the same key without an option; its next run has another.
    for attempt in ("1", "2"):
        retried = command(project, "run", "loaded", env={**AIRFLOW, "AIRFLOW_CTX_TRY_NUMBER": attempt})
        assert retried.returncode == 0, retried.stderr
    assert ids(project, "loaded") == [1, 1, 2, 2]


@pytest.mark.slow
def test_an_incomplete_run_is_reported_before_its_rows_are_appended_again(project: Path) -> None:
    run_id = kill(project, "loaded")
    refused = command(project, "run", "loaded")
    assert refused.returncode == 2
    assert f"Run {run_id} of job `loaded` has the same parameters, has published `loaded`" in refused.stderr
    assert ids(project, "loaded") == [1, 2]
    resumed = command(project, "run", "loaded", "--resume")
    assert (resumed.returncode, run_id in resumed.stderr) == (0, True)
    assert ids(project, "loaded") == [1, 2]
    assert command(project, "run", "loaded").returncode == 0
    assert ids(project, "loaded") == [1, 1, 2, 2]


@pytest.mark.slow
def test_readers_see_all_tables_of_a_run_or_none_until_all_runs_are_complete(project: Path) -> None:
    assert command(project, "run", "both").returncode == 0
    run_id = kill(project, "both")
    assert (ids(project, "left"), ids(project, "right")) == ([1, 1, 2, 2], [1, 2])
    read = command(project, "run", "read_both")
    assert f"Table `left` is read at version 0, because run {run_id}" in read.stderr
    assert ids(project, "read_both") == [1, 1, 2, 2]
    assert command(project, "runs", "resume", "--all").returncode == 0
    assert (ids(project, "left"), ids(project, "right")) == ([1, 1, 2, 2], [1, 1, 2, 2])
    assert (
        "Every run that has begun to publish is complete"
        in command(project, "runs", "resume", "--all").stdout
    )


@pytest.mark.slow
def test_what_a_killed_run_staged_is_removed_on_request(project: Path) -> None:
    kill(project, "loaded")
    assert "Nothing to remove" in command(project, "gc", "--older-than", "0").stdout
    assert command(project, "run", "loaded", "--new").returncode == 0
    assert not list((project / "data" / "warehouse" / "_staging").glob("*"))
