"""A training job's model is compiled on a few rows before it is trained, with real Spark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.core.place import Place
from sparkops.engine.container import ServiceContainer
from sparkops.engine.operations.servable import compile_on_sample
from sparkops.engine.project import LoadedProject
from sparkops.errors import InputError, JobFailed, NotCompiled, ParamErrors
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Model
from sparkops.runs.read_versions import ReadVersions

JOB = '''
    from typing import Literal
    from pyspark.ml import Pipeline
    from pyspark.ml.clustering import KMeans, LDA
    from pyspark.ml.feature import VectorAssembler
    from pyspark.sql import DataFrame
    from sparkops import Model, job

    @job
    def train(raw: DataFrame, *, kind: Literal["means", "topics"] = "means", broken: bool = False) -> Model:
        """Fit."""
        assert raw.count() == 50, raw.count()
        if broken:
            raise ValueError("no luck")
        last = {"means": KMeans(k=2, seed=1), "topics": LDA(k=2, maxIter=1, seed=1, optimizer="em")}[kind]
        fitted = Pipeline(stages=[VectorAssembler(inputCols=["x", "n"], outputCol="features"), last]).fit(raw)
        return Model(fitted=fitted, example=raw)

    @job
    def plain(raw: DataFrame) -> DataFrame:
        return raw
'''
TABLES = """
    tables:
      raw: {path: raw.csv, format: csv, options: {header: "true"}, schema: "x DOUBLE, n INT"}
"""


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    raw = "x,n\n" + "".join(f"{at / 7},{at % 5}\n" for at in range(80))
    return make_project({"jobs/train.py": JOB, "conf/base/tables.yml": TABLES, "raw.csv": raw})


@pytest.mark.spark
def test_a_model_is_compiled_on_a_sample_and_nothing_is_recorded(project: Path, spark: object) -> None:
    engine = Engine(project)
    compilation = engine.servable("train", rows=50)
    assert [(stage.class_name, stage.describe()) for stage in compilation.stages] == [
        ("VectorAssembler", "compiled"),
        ("KMeansModel", "compiled"),
    ]
    assert compilation.description is not None
    assert [field.name for field in compilation.description.fields] == ["x", "n"]
    assert list(engine.runs.list_newest()) == []
    assert not (engine.settings.state / "mlflow").exists()


@pytest.mark.spark
def test_the_command_takes_the_parameters_of_the_job_and_exits_1_if_only_spark_can_score(
    project: Path, spark: object, capsys
) -> None:
    words = ["models", "servable", "--project", str(project), "--rows", "50", "train", "--kind", "topics"]
    assert run_command(words) == 1
    out = capsys.readouterr().out
    assert "\tDistributedLDAModel\t" in out
    assert "\tscored by Spark: " in out
    assert run_command(words[:-2]) == 0
    assert "compiles; a row has x, n." in capsys.readouterr().out


@pytest.mark.spark
def test_an_error_of_the_job_says_that_it_was_called_with_a_sample(project: Path, spark: object) -> None:
    with pytest.raises(JobFailed, match=r"ValueError on the first 50 rows of each table: no luck"):
        Engine(project).servable("train", rows=50, params={"broken": True})


def test_a_job_that_trains_nothing_and_wrong_parameters_are_errors_before_spark_starts(
    project: Path, capsys
) -> None:
    engine = Engine(project)
    with pytest.raises(InputError, match="`plain` returns no Model"):
        engine.servable("plain")
    with pytest.raises(ParamErrors, match="kind"):
        engine.servable("train", params={"kind": "trees"})
    words = ["models", "servable", "--project", str(project)]
    assert run_command([*words, "plain"]) == 2
    assert run_command([*words, "trian"]) == 2
    assert "Did you mean `train`?" in capsys.readouterr().err
    assert run_command([*words, "train", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--kind" in out
    assert "--upstream" not in out


def test_a_model_that_is_no_spark_model_is_not_compiled(
    make_project: Callable[..., Path],
) -> None:
    job = Job(
        name="train",
        function=lambda: Model(fitted=Path("net"), example=None),  # type: ignore[arg-type]
        doc="",
        place=Place("jobs/train.py", 3),
        kind="model",
    )
    container = ServiceContainer(LoadedProject(make_project()))
    with pytest.raises(
        NotCompiled, match=r"trains no Spark model.*jobs/train\.py:3.*in a process of its own"
    ):
        compile_on_sample(container, job, {}, versions=ReadVersions(), rows=5)
