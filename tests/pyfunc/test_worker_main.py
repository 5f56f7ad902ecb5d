"""The main program of a pyfunc model's process: rows to a DataFrame, predictions to typed outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sparkops.pyfunc.worker.worker_main import build_frame, predict


class ConstantModel:
    """A model that always predicts the same value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def predict(self, frame: Any) -> Any:
        return self.value


FRAME = pd.DataFrame({"x": [1.0, 2.0]})


def field(name: str, type_: str, *, nullable: bool = True) -> dict[str, Any]:
    return {"name": name, "type": type_, "nullable": nullable}


def test_the_types_of_a_frame_depend_only_on_the_fields() -> None:
    fields = [
        field("a", "long"),
        field("b", "integer", nullable=False),
        field("c", "float"),
        field("d", "string"),
        field("t", "timestamp"),
    ]
    frame = build_frame(
        fields,
        {"a": [1, 2], "b": [1, 2], "c": [1.0, None], "d": ["x", None], "t": ["2013-01-02T03:00:00", None]},
    )
    one = build_frame(fields, {"a": [1], "b": [1], "c": [1.0], "d": ["x"], "t": ["2013-01-02T03:00:00"]})
    assert list(map(str, frame.dtypes)) == ["float64", "int32", "float32", "object", "datetime64[ns]"]
    assert list(one.dtypes) == list(frame.dtypes)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.array([1.5, 2.5]), ("double", None, [1.5, 2.5])),
        (np.array([[1.5], [2.5]], dtype="float32"), ("float", None, [1.5, 2.5])),
        (np.array([3, 4]), ("long", None, [3, 4])),
        (np.array([True, False]), ("boolean", None, [True, False])),
        (np.array(["a", "b"]), ("string", None, ["a", "b"])),
        (pd.Series(["a", None], dtype="object"), ("string", None, ["a", None])),
        (np.array([[1, 2], [3, 4]]), ("vector", 2, [[1.0, 2.0], [3.0, 4.0]])),
        ([[1, 2], [3, 4]], ("vector", 2, [[1.0, 2.0], [3.0, 4.0]])),
        (np.zeros((2, 3), dtype="float32"), ("single", 3, [[0.0] * 3] * 2)),
        (pd.DataFrame({0: [1.0, 2.0]}), ("double", None, [1.0, 2.0])),
        ({"out": np.array([[1.0], [2.0]])}, ("double", None, [1.0, 2.0])),
    ],
)
def test_a_single_output_is_called_prediction_and_has_its_own_type(value: Any, expected: Any) -> None:
    assert predict("python_function", ConstantModel(value), FRAME) == {"prediction": expected}


def test_a_frame_of_predictions_gives_an_output_for_each_column() -> None:
    outputs = predict(
        "python_function", ConstantModel(pd.DataFrame({"a": [1, 2], "b": [[1.0, 2.0], [3.0, 4.0]]})), FRAME
    )
    assert outputs == {"a": ("long", None, [1, 2]), "b": ("vector", 2, [[1.0, 2.0], [3.0, 4.0]])}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([1.0]), r"shape \(1,\) for 2 rows"),
        (np.zeros((2, 2, 2)), "2 dimensions a row"),
        (np.array([{}, {}]), "holds dict"),
        ([[1.0], [1.0, 2.0]], "inhomogeneous|holds list"),
    ],
)
def test_an_unsupported_prediction_is_an_error(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predict("python_function", ConstantModel(value), FRAME)
