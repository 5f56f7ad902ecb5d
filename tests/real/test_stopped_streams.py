"""Streams that are killed or stopped: the tables afterwards, and what the next run does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from deltalake import DeltaTable
from fakes.real_processes import BIN

pytestmark = pytest.mark.cluster

PROJECT = {
    "jobs/streams.py": """
        from pyspark.sql import DataFrame
        from sparkops import job

        @job(mode="append", stream="files")
        def loaded(files: DataFrame) -> DataFrame:
            return files

        @job(mode="append", stream="files", every="1 second")
        def followed(files: DataFrame) -> DataFrame:
            return files
    """,
    "conf/base/tables.yml": """
        tables:
          files: {path: files, format: csv, options: {header: "true", maxFilesPerTrigger: "1"}, schema: "id INT"}
    """,
    "conf/base/project.yml": """
        checks: {docs: false}
    """,
    "conf/checks/loaded.yml": """
        policy: quarantine
        expectations:
          - expect_column_values_to_be_between: {column: id, max_value: 100}
    """,
    "files/a.csv": "id\n1\n101\n",
    "files/b.csv": "id\n2\n102\n",
}

# A run whose process is killed in its second batch, after its rows were quarantined or published.
RUN_UNTIL_KILLED = """
    import os, signal, sys
    from sparkops import Engine
    from sparkops.tables import Tables

    name = sys.argv[1]
    original = getattr(Tables, name)

    def write_then_die(*args, batch=None, **kwargs):
        published = original(*args, batch=batch, **kwargs)
        if batch.number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return published

    setattr(Tables, name, write_then_die)
    Engine().run("loaded")
"""


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project(PROJECT)


def read_json(sparkops: Callable, project: Path, *words: str) -> Any:
    return json.loads(sparkops(*words, "--json", cwd=project).stdout)


def ids(project: Path, table: str) -> list[int]:
    rows = DeltaTable(project / "data" / "warehouse" / table).to_pyarrow_table(columns=["id"])
    return sorted(rows["id"].to_pylist())


@pytest.mark.parametrize("moment", [pytest.param("quarantine", marks=pytest.mark.slow), "publish"])
def test_a_killed_stream_continues_and_writes_no_batch_twice(
    project: Path, sparkops: Callable, moment: str
) -> None:
    words = [sys.executable, "-c", dedent(RUN_UNTIL_KILLED), moment]
    killed = subprocess.run(words, cwd=project, capture_output=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    (run,) = read_json(sparkops, project, "runs")
    assert (run["state"], len(run["batches"])) == ("crashed", 1)
    sparkops("run", "loaded", cwd=project)
    run, _ = read_json(sparkops, project, "runs")
    assert [(b["number"], b["already"]) for b in run["batches"]] == [(1, moment == "publish")]
    assert ids(project, "loaded") == [1, 2]
    assert ids(project, "loaded__quarantine") == [101, 102]
    versions = [commit["version"] for commit in read_json(sparkops, project, "tables", "history", "loaded")]
    assert sorted(versions) == [0, 1]


def test_a_continuous_stream_reads_new_files_until_it_is_stopped(project: Path, sparkops: Callable) -> None:
    words = [BIN / "sparkops", "run", "followed"]
    process = subprocess.Popen(words, cwd=project, stderr=subprocess.PIPE, text=True, start_new_session=True)
    wait_until(lambda: _batches(project) == 2, process)
    (project / "files" / "c.csv").write_text("id\n3\n")
    wait_until(lambda: _batches(project) == 3, process)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    (run,) = read_json(sparkops, project, "runs")
    assert (run["state"], run["outputs"]["followed"]["rows"]) == ("cancelled", 5)
    assert ids(project, "followed") == [1, 2, 3, 101, 102]


def _batches(project: Path) -> int:
    records = [path.read_text() for path in (project / ".sparkops" / "runs").glob("*/attempt-*.jsonl")]
    return "".join(records).count('"event": "batch"')


def wait_until(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "the condition was not met"
        time.sleep(0.2)
