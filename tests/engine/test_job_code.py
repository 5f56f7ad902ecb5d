"""The code that is sent to Spark's workers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import sparkops
from sparkops.engine.adapters.job_code import JobCode


class Session:
    """A session whose workers share this process's path."""

    def __init__(self) -> None:
        self.sparkContext = type("Context", (), {"master": "local[2]"})()


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
