"""The code that is sent to Spark's workers."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sparkops
from sparkops.engine.adapters.job_code import JobCode


class Session:
    """A session whose workers share this process's path."""

    def __init__(self) -> None:
        self.sparkContext = type("Context", (), {"master": "local[2]"})()


class ClusterContext:
    """The context of a cluster, which refuses a second file of one name as Spark does."""

    master = "spark://host:7077"

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    @property
    def listFiles(self) -> list[str]:
        return [f"spark://host:1/files/{name}" for name in self.files]

    def addPyFile(self, path: str) -> None:
        # Other threads go on between the look and the change.
        earlier = self.files.get(Path(path).name, path)
        time.sleep(0.01)
        if earlier != path:
            raise ValueError(f"{path} was already registered with a different path")
        self.files[Path(path).name] = path


class ClusterSession:
    """A session of a cluster's context; sessions share it."""

    def __init__(self, context: ClusterContext) -> None:
        self.sparkContext = context


@pytest.fixture
def by_value(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the modules whose functions are pickled by value."""
    from pyspark import cloudpickle

    names: list[str] = []
    monkeypatch.setattr(cloudpickle, "register_pickle_by_value", lambda module: names.append(module.__name__))
    return names


def test_sparkops_is_not_code_of_a_project_whose_folder_contains_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_value: list[str]
) -> None:
    root = Path(sparkops.__file__).parents[1]
    helper = root / "helper_of_this_test.py"
    module = type(sys)("helper_of_this_test")
    module.__file__ = str(helper)
    monkeypatch.setitem(sys.modules, "helper_of_this_test", module)
    JobCode(jobs=tmp_path, root=root).send(Session())
    names = by_value
    assert "helper_of_this_test" in names
    assert [name for name in names if name.partition(".")[0] == "sparkops"] == []


@pytest.mark.usefixtures("by_value")
def test_code_is_sent_once_for_all_sessions_threads_and_engines_of_a_context(tmp_path: Path) -> None:
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    (jobs / "sales.py").write_text("X = 1\n")
    context = ClusterContext()
    codes = [JobCode(jobs=jobs, root=tmp_path), JobCode(jobs=jobs, root=tmp_path)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: codes[0].send(ClusterSession(context)), range(16)))
    assert len(context.files) == 1
    codes[1].send(ClusterSession(context))
    assert len(context.files) == 1
    (jobs / "sales.py").write_text("X = 2\n")
    codes[1].send(ClusterSession(context))
    assert len(context.files) == 2
