"""Streams that are killed or stopped: what stands afterwards, and what the next run makes of it."""

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

# A run whose process is killed in its second batch: when its rows were held back, or when it was published.
KILLED = """
    import os, signal, sys
    from sparkops import Engine
    from sparkops.tables import Tables

    name = sys.argv[1]
    inner = getattr(Tables, name)

    def die(*given, batch=None, **said):
        done = inner(*given, batch=batch, **said)
        if batch.number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(Tables, name, die)
    Engine().run("loaded")
"""


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project(PROJECT)


def shown(sparkops: Callable, project: Path, *words: str) -> Any:
    return json.loads(sparkops(*words, "--json", cwd=project).stdout)


def ids(project: Path, table: str) -> list[int]:
    found = DeltaTable(project / "data" / "warehouse" / table).to_pyarrow_table(columns=["id"])
    return sorted(found["id"].to_pylist())


@pytest.mark.parametrize("moment", ["quarantine", "publish"])
def test_a_killed_stream_goes_on_and_writes_no_batch_twice(
    project: Path, sparkops: Callable, moment: str
) -> None:
    words = [sys.executable, "-c", dedent(KILLED), moment]
    killed = subprocess.run(words, cwd=project, capture_output=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    (run,) = shown(sparkops, project, "runs")
    assert (run["state"], len(run["batches"])) == ("crashed", 1)
    sparkops("run", "loaded", cwd=project)
    run, _ = shown(sparkops, project, "runs")
    assert [(b["number"], b["already"]) for b in run["batches"]] == [(1, moment == "publish")]
    assert ids(project, "loaded") == [1, 2]
    assert ids(project, "loaded__quarantine") == [101, 102]
    versions = [commit["version"] for commit in shown(sparkops, project, "tables", "history", "loaded")]
    assert sorted(versions) == [0, 1]


def test_a_stream_that_goes_on_takes_what_comes_and_ends_when_it_is_stopped(
    project: Path, sparkops: Callable
) -> None:
    words = [BIN / "sparkops", "run", "followed"]
    process = subprocess.Popen(words, cwd=project, stderr=subprocess.PIPE, text=True, start_new_session=True)
    _until(lambda: _batches(project) == 2, process)
    (project / "files" / "c.csv").write_text("id\n3\n")
    _until(lambda: _batches(project) == 3, process)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    (run,) = shown(sparkops, project, "runs")
    assert (run["state"], run["outputs"]["followed"]["rows"]) == ("cancelled", 5)
    assert ids(project, "followed") == [1, 2, 3, 101, 102]


def _batches(project: Path) -> int:
    told = [path.read_text() for path in (project / ".sparkops" / "runs").glob("*/attempt-*.jsonl")]
    return "".join(told).count('"event": "batch"')


def _until(holds: Callable[[], bool], process: subprocess.Popen) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)
