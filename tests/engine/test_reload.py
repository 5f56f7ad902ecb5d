"""An engine that reads its project again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.errors import ConfigError

JOB = """
from pyspark.sql import DataFrame
from sparkops import job

@job
def {name}(source: DataFrame) -> DataFrame:
    return source
"""


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    conf = "tables: {source: {path: source}}\n"
    return make_project({"jobs/all.py": JOB.format(name="a"), "conf/base/all.yml": conf})


def test_jobs_are_those_on_disk(project: Path) -> None:
    with Engine(project) as engine:
        assert list(engine.project.declared) == ["a"]
        engine.reload()
        (project / "jobs" / "all.py").write_text(JOB.format(name="b"))
        (project / "jobs" / "more.py").write_text(JOB.format(name="c"))
        assert engine.reload()
        assert sorted(engine.project.declared) == ["b", "c"]
        (project / "jobs" / "more.py").unlink()
        assert engine.reload()
        assert list(engine.project.declared) == ["b"]


def test_a_configuration_that_cannot_be_used_leaves_the_project_as_it_was(project: Path) -> None:
    with Engine(project) as engine:
        engine.reload()
        loaded = engine.project
        file = project / "conf" / "base" / "all.yml"
        text = file.read_text()
        file.write_text("tables: [")
        for _ in range(2):
            with pytest.raises(ConfigError, match=r"all\.yml"):
                engine.reload()
            assert engine.project is loaded
        file.write_text(text + "params: {a: {}}\n")
        assert engine.reload()


def test_an_engine_keeps_spark_and_its_project_where_nothing_was_changed(project: Path) -> None:
    with Engine(project) as engine:
        assert engine.reload()
        container, loaded = engine.container, engine.project
        assert not engine.reload()
        assert (engine.container, engine.project) == (container, loaded)
        (project / "conf" / "checks").mkdir(parents=True, exist_ok=True)
        (project / "conf" / "checks" / "out.yml").write_text("expectations: []\n")
        assert engine.reload()
        assert engine.container is not container
        assert engine.container.starter is container.starter
        assert engine.container.active_runs is container.active_runs
