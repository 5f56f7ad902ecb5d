"""The `python_function` flavor: pandas in, pandas out, and what a dropped or wrong row gives."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from sparkops.compiler import compile_model, fields_from_spark
from sparkops.errors import ModelError, RowError
from sparkops.scoring import save
from sparkops.scoring.pyfunc import CompiledModel, _load_pyfunc

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def model(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> CompiledModel:
    """Load a model that drops unknown kinds, as MLflow loads it."""
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StringIndexer, VectorAssembler

    rows = [("a", 1, 0.5, "no"), ("b", 2, 1.5, "yes"), ("a", 3, 2.5, "yes"), ("b", 4, 0.1, "no")]
    frame = spark.createDataFrame(rows, "kind string, n int, x double, answer string")
    stages = [
        StringIndexer(inputCol="answer", outputCol="label"),
        StringIndexer(inputCol="kind", outputCol="k", handleInvalid="skip"),
        VectorAssembler(inputCols=["k", "n", "x"], outputCol="features"),
        LogisticRegression(maxIter=3),
    ]
    folder: Path = tmp_path_factory.mktemp("pyfunc")
    Pipeline(stages=stages).fit(frame).write().save((folder / "sparkml").as_uri())
    fields = fields_from_spark(frame.schema.jsonValue())
    save(compile_model(folder / "sparkml", fields), folder / "scorer")
    return _load_pyfunc(str(folder / "scorer"))


def frame_of(**columns: list[Any]) -> Any:
    import pandas as pd

    return pd.DataFrame(columns, index=[f"row{index}" for index in range(len(columns["kind"]))])


def test_outputs_stand_in_the_frames_own_order_and_index(model: CompiledModel) -> None:
    answer = model.predict(frame_of(kind=["b", "a"], n=[1, 2], x=[0.5, 0.5]))
    assert list(answer.index) == ["row0", "row1"]
    assert list(answer.columns) == [output.name for output in model.get_raw_model().outputs]
    one = model.get_raw_model().score({"kind": "a", "n": 2, "x": 0.5})
    assert answer.loc["row1"].to_dict() == {**one, "probability": pytest.approx(one["probability"])}
    assert one["label"] in ("yes", "no")


def test_a_row_that_the_model_drops_keeps_its_place_without_values(model: CompiledModel) -> None:
    answer = model.predict(frame_of(kind=["a", "new", None], n=[1, 2, 3], x=[0.5, 0.5, 0.5]))
    assert not math.isnan(answer["prediction"].iloc[0])
    for index in (1, 2):
        assert math.isnan(answer["prediction"].iloc[index])
        assert answer["probability"].iloc[index] is None
        assert answer["label"].iloc[index] is None


def test_an_integer_column_that_pandas_made_float_is_scored_the_same(model: CompiledModel) -> None:
    integers = model.predict(frame_of(kind=["a"], n=[2], x=[0.5]))
    floats = model.predict(frame_of(kind=["a"], n=[2.0], x=[0.5]))
    assert integers["prediction"].tolist() == floats["prediction"].tolist()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"kind": ["a", "a"], "n": [1.0, math.nan], "x": [0.5, 0.5]}, "Row 1: .*`n`"),
        ({"kind": ["a"], "n": [1.5], "x": [0.5]}, "Row 0: .*`n`"),
        ({"kind": ["a"], "n": [1]}, "`x` is missing"),
        ({"kind": [7], "n": [1], "x": [0.5]}, "`kind` takes a string, not 7"),
    ],
)
def test_an_invalid_row_is_reported_with_its_number_and_field(
    model: CompiledModel, columns: Any, message: str
) -> None:
    with pytest.raises(RowError, match=message):
        model.predict(frame_of(**columns))


def test_columns_that_the_model_does_not_read_are_left_alone(model: CompiledModel) -> None:
    frame = frame_of(kind=["a"], n=[2], x=[0.5], flight=["UA1"])
    assert len(model.predict(frame)) == 1


def test_anything_but_a_frame_is_refused(model: CompiledModel) -> None:
    with pytest.raises(ModelError, match="takes a pandas DataFrame with named columns, not list"):
        model.predict([[1, 2]])
