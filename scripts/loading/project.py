"""The project that is served: short jobs, one that waits for a file, and a context whose queue is long."""

from __future__ import annotations

from pathlib import Path

# The fake worker executes none of them: `wait` waits there for the file, the others end at once.
_JOBS = '''
import time
from pathlib import Path
from pyspark.sql import DataFrame
from sparkops import job


@job(mode="append")
def done(source: DataFrame) -> DataFrame:
    """Copy three rows."""
    return source


@job(mode="append")
def queued(source: DataFrame) -> DataFrame:
    """Copy three rows, in the context that is busy."""
    return source


@job(mode="append")
def wait(source: DataFrame) -> DataFrame:
    """Wait for the file `go`, and print a line each second."""
    while not (Path(__file__).parent.parent / "go").exists():
        print("waiting", flush=True)
        time.sleep(1)
    return source
'''
_CONF = """
tables: {source: {path: source.csv, format: csv, schema: "id INT"}}
state: .
api:
  contexts:
    default: {max_runs: 8}
    queue: {max_runs: 1, max_queue: 5000, retries: 20}
  jobs:
    wait: {context: queue, priority: 10}
    queued: {context: queue}
"""


def make_project(root: Path) -> Path:
    """Write the project into an empty folder."""
    for path, text in {"jobs/all.py": _JOBS, "conf/base/all.yml": _CONF, "source.csv": "1\n2\n3\n"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root
