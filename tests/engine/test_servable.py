"""Whether a training job's model will compile, told before it is trained: on a few rows, with real Spark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.cli.main import answer
from sparkops.config.settings import Settings
from sparkops.engine.container import Workshop
from sparkops.engine.listener import Silent
from sparkops.engine.operations.servable import servable
from sparkops.errors import InputError, JobFailed, NotCompiled, ParamErrors
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Model
from sparkops.place import Place
from sparkops.runs.store import RunStore

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
        last = {"means": KMeans(k=2, seed=1), "topics": LDA(k=2, maxIter=1, seed=1)}[kind]
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
def test_a_job_whose_model_compiles_is_told_on_a_sample_and_leaves_nothing(
    project: Path, spark: object
) -> None:
    engine = Engine(project)
    found = engine.servable("train", rows=50)
    assert [(stage.kind, stage.how) for stage in found.stages] == [
        ("VectorAssembler", "compiled"),
        ("KMeansModel", "compiled"),
    ]
    assert found.description is not None
    assert [field.name for field in found.description.fields] == ["x", "n"]
    assert list(engine.runs.newest()) == []
    assert not (engine.settings.state / "mlflow").exists()


@pytest.mark.spark
def test_the_command_takes_the_jobs_parameters_and_exits_1_where_spark_alone_scores(
    project: Path, spark: object, capsys
) -> None:
    words = ["models", "servable", "--project", str(project), "--rows", "50", "train", "--kind", "topics"]
    assert answer(words) == 1
    out = capsys.readouterr().out
    assert "\tLocalLDAModel\t" in out
    assert "\tscored by Spark: " in out
    assert answer(words[:-2]) == 0
    assert "compiles; a row has x, n." in capsys.readouterr().out


@pytest.mark.spark
def test_what_stops_the_job_says_that_it_saw_a_sample(project: Path, spark: object) -> None:
    with pytest.raises(JobFailed, match=r"ValueError on the first 50 rows of each table: no luck"):
        Engine(project).servable("train", rows=50, given={"broken": True})


def test_a_job_that_trains_nothing_and_wrong_parameters_are_told_before_spark(project: Path, capsys) -> None:
    engine = Engine(project)
    with pytest.raises(InputError, match="`plain` returns no Model"):
        engine.servable("plain")
    with pytest.raises(ParamErrors, match="kind"):
        engine.servable("train", given={"kind": "trees"})
    words = ["models", "servable", "--project", str(project)]
    assert answer([*words, "plain"]) == 2
    assert answer([*words, "trian"]) == 2
    assert "Did you mean `train`?" in capsys.readouterr().err
    assert answer([*words, "train", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--kind" in out
    assert "--upstream" not in out


def test_a_model_that_is_no_spark_model_is_said_to_be_scored_in_a_process(
    make_settings: Callable[..., Settings],
) -> None:
    job = Job(
        name="train",
        function=lambda: Model(fitted=Path("net"), example=None),  # type: ignore[arg-type]
        doc="",
        place=Place("jobs/train.py", 3),
        kind="model",
    )
    shop = Workshop(make_settings(), Silent(), RunStore(Path("runs")))
    with pytest.raises(
        NotCompiled, match=r"trains no Spark model.*jobs/train\.py:3.*in a process of its own"
    ):
        servable(shop, job, {}, at={}, as_of=None, rows=5)
