"""Random pipelines of two to eight stages score as Spark's own transform does."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from parity.frames import FRAMES
from parity.pipelines import SCALAR_COLUMNS
from parity.spark_reference import SparkReference
from sparkops.artifact.random_rows import generate_rows
from sparkops.errors import NotCompiled

pytestmark = pytest.mark.spark

# A longer run: SPARKOPS_PIPELINE_EXAMPLES=1000, with another seed for other pipelines; `pytest -s` prints what it compared.
EXAMPLES = int(os.environ.get("SPARKOPS_PIPELINE_EXAMPLES", "12"))
SEED = int(os.environ.get("SPARKOPS_PIPELINE_SEED", "0"))
MAGNIFIED = "magnify the last digits of"
Draw = Callable[..., Any]
MODES = st.sampled_from(["error", "keep", "skip"])


def text_stages(draw: Draw) -> tuple[list[Any], list[str]]:
    """Return stages for the text columns, and the columns that they make."""
    from pyspark.ml.feature import OneHotEncoder, StringIndexer

    mode = draw(MODES)
    stages: list[Any] = [StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid=mode)]
    if draw(st.booleans()):
        encoder_mode = "keep" if mode == "keep" else "error"
        hot = OneHotEncoder(
            inputCols=["ci", "di"],
            outputCols=["co", "do"],
            handleInvalid=encoder_mode,
            dropLast=draw(st.booleans()),
        )
        return [*stages, hot], ["co", "do"]
    return stages, ["ci", "di"]


def numeric_stages(draw: Draw) -> tuple[list[Any], list[str]]:
    """Return stages for the numeric columns, and the columns that they make or pass on."""
    from pyspark.ml.feature import Binarizer, Bucketizer, Imputer

    splits = [[float("-inf"), -0.5, 0.0, 0.5, float("inf")], [float("-inf"), 0.5, 1.0, float("inf")]]
    stages: list[tuple[Any, list[str]]] = draw(
        st.lists(
            st.sampled_from(
                [
                    (Imputer(inputCols=["x", "n"], outputCols=["xm", "nm"], strategy="median"), ["xm", "nm"]),
                    (
                        Binarizer(inputCols=["x", "f"], outputCols=["xb", "fb"], thresholds=[0.1, 0.5]),
                        ["xb", "fb"],
                    ),
                    (
                        Bucketizer(
                            inputCols=["x", "h"],
                            outputCols=["xs", "hs"],
                            splitsArray=splits,
                            handleInvalid=draw(MODES),
                        ),
                        ["xs", "hs"],
                    ),
                ]
            ),
            max_size=2,
            unique_by=lambda each: type(each[0]).__name__,
        )
    )
    unchanged = draw(st.lists(st.sampled_from(["l", "b", "f", "n", "h"]), max_size=2, unique=True))
    return [stage for stage, _ in stages], [*(name for _, names in stages for name in names), *unchanged]


def vector_stages(draw: Draw) -> list[Any]:
    """Return up to three vector stages: from `v0` to `v1` and so on."""
    from pyspark.ml import feature as F

    kinds: dict[str, Callable[[], Any]] = {
        "scale": lambda: F.StandardScaler(withMean=draw(st.booleans()), withStd=draw(st.booleans())),
        "range": lambda: F.MinMaxScaler(min=-1.0, max=1.0),
        "most": F.MaxAbsScaler,
        "robust": lambda: F.RobustScaler(withCentering=draw(st.booleans())),
        "norm": lambda: F.Normalizer(p=draw(st.sampled_from([1.0, 2.0, 3.0, float("inf")]))),
        "cosines": lambda: F.DCT(inverse=draw(st.booleans())),
        "some": lambda: F.VectorSlicer(indices=[0]),
        "components": lambda: F.PCA(k=1),
        "categories": lambda: F.VectorIndexer(maxCategories=3, handleInvalid="keep"),
        "varying": lambda: F.VarianceThresholdSelector(varianceThreshold=0.0),
        "powers": lambda: F.PolynomialExpansion(degree=2),
    }
    names = draw(st.lists(st.sampled_from(sorted(kinds)), max_size=3, unique=True))
    stages = []
    for at, name in enumerate(names):
        stage = kinds[name]()
        takes = "setFeaturesCol" if hasattr(stage, "setFeaturesCol") else "setInputCol"
        stages.append(getattr(stage, takes)(f"v{at}").setOutputCol(f"v{at + 1}"))
    return stages


def predictor(draw: Draw, features: str, *, exact: bool) -> Any:
    """Return a predictor or None; trees only if no feature is a sum, whose last digit may decide a split."""
    from pyspark.ml import classification as C
    from pyspark.ml import clustering as K
    from pyspark.ml import regression as R

    trees: list[Callable[[], Any]] = [
        lambda: C.DecisionTreeClassifier(labelCol="three", maxDepth=3),
        lambda: C.RandomForestClassifier(labelCol="three", numTrees=2, maxDepth=3, seed=1),
        lambda: R.GBTRegressor(labelCol="y", maxIter=2, maxDepth=2, seed=1),
    ]
    kinds: list[Callable[[], Any]] = [
        *(trees if exact else []),
        lambda: C.LogisticRegression(labelCol="three", maxIter=2, regParam=0.1),
        lambda: R.LinearRegression(labelCol="y", regParam=0.1),
        lambda: R.GeneralizedLinearRegression(labelCol="y", regParam=0.1, maxIter=3),
        lambda: K.KMeans(k=2, seed=1, maxIter=2),
        lambda: None,
    ]
    stage = draw(st.sampled_from(kinds))()
    return stage.setFeaturesCol(features) if stage is not None else None


@st.composite
def pipelines(draw: Draw) -> list[Any]:
    """Draw the stages of a pipeline."""
    from pyspark.ml.feature import VectorAssembler

    first, names = text_stages(draw) if draw(st.booleans()) else ([], [])
    second, more = numeric_stages(draw)
    columns = [*names, *more] or ["h", "n"]
    assembler = VectorAssembler(inputCols=columns, outputCol="v0", handleInvalid=draw(MODES))
    shaped = vector_stages(draw)
    exact = not {"DCT", "PCA", "Normalizer"} & {type(stage).__name__ for stage in shaped}
    end = predictor(draw, f"v{len(shaped)}", exact=exact)
    return [*first, *second, assembler, *shaped, *([end] if end is not None else [])]


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    cached = FRAMES["scalars"](spark).cache()
    yield cached
    cached.unpersist()


@dataclass(slots=True)
class Run:
    """Random pipelines and what was compared of them.

    Args:
        frame: Frame that they are fitted on.
        folder: An empty folder.
        kinds: Number of fitted pipelines of each sequence of stages.
        compared: Rows that Spark and the scorer both answered.
        known: Pipelines so far, with their settings; one that is drawn again is not compared again.
        refused_by_spark: Pipelines that Spark itself does not fit.
        magnified: Pipelines that are not compiled, because their coefficients magnify the last digits of a DCT or a PCA.
        differences: Every difference, with its pipeline.
    """

    frame: Any
    folder: Path
    kinds: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    known: set[str] = field(default_factory=set)
    refused_by_spark: int = 0
    magnified: int = 0
    differences: list[str] = field(default_factory=list)

    def compare(self, stages: list[Any]) -> None:
        """Fit, compile and compare a pipeline: every column that Spark adds, row by row and as a batch."""
        from pyspark.ml import Pipeline

        name = " -> ".join(type(stage).__name__ for stage in stages)
        note(name)
        pipeline = f"{name} {_settings_of(stages)}"
        if pipeline in self.known:
            return
        self.known.add(pipeline)
        try:
            fitted = Pipeline(stages=stages).fit(self.frame)
            # stages after the last estimator check their columns here
            fitted.transform(self.frame)
        except (PySparkException, Py4JJavaError):
            self.refused_by_spark += 1
            return
        self.kinds[name] += 1
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            reference = SparkReference(
                fitted, self.frame, self.folder, names=SCALAR_COLUMNS, every_column=True
            )
        except NotCompiled as error:
            if MAGNIFIED not in str(error):
                self.report(name, stages, str(error))
            self.magnified += 1
            return
        rows = [
            *reference.edge_rows(60),
            *generate_rows(reference.scorer, reference.sampled_inputs(), 150, seed=7),
        ]
        comparison = reference.compare(rows, refused=1)
        self.compared += len(comparison.compared)
        for difference in comparison.differences[:3]:
            self.report(name, stages, f"{difference}; {rows[difference.index]}")

    def report(self, name: str, stages: list[Any], difference: str) -> None:
        """Record and print a difference with the settings of its pipeline."""
        self.differences.append(f"{name} {_settings_of(stages)}: {difference}")
        print(f"DIFFERENCE {self.differences[-1]}", flush=True)

    def __str__(self) -> str:
        fitted = sum(self.kinds.values())
        return (
            f"{fitted:,} different pipelines of {len(self.kinds):,} sequences of stages, {self.compared:,} rows compared, "
            f"{len(self.differences)} differences; {self.magnified} left to Spark for their huge coefficients; {self.refused_by_spark} more are refused by Spark"
        )


def _settings_of(stages: list[Any]) -> list[dict[str, Any]]:
    """Return the settings of each stage that differ from its defaults."""
    return [
        {param.name: value for param, value in stage.extractParamMap().items() if stage.isSet(param)}
        for stage in stages
    ]


def test_any_pipeline_agrees(frame: Any, tmp_path: Path) -> None:
    run = Run(frame, tmp_path / "model")

    @given(pipelines())
    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def compare_pipeline(stages: list[Any]) -> None:
        run.compare(stages)

    compare_pipeline()
    print(run)
    assert run.differences == []
    assert run.compared
