"""What runs in a model's own process: load a model that MLflow saved, answer rows on pipes. Needs MLflow, not sparkops.

One JSON object a line, both ways: the first names the model, each later one holds rows by column. JSON keeps doubles
exactly. Nothing that the model prints can reach the answers: its standard output is its standard error.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

_DTYPES = {
    "byte": "int8", "short": "int16", "integer": "int32", "long": "int64", "float": "float32", "double": "float64",
    "boolean": "bool",
}  # fmt: skip
_WHOLE = ("byte", "short", "integer", "long")
_TENSORS = {
    "tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64", "tensor(int32)": "int32",
    "tensor(bool)": "bool", "tensor(string)": "object",
}  # fmt: skip
_TABLE = 2  # dimensions of one vector a row


def build_frame(fields: Sequence[Mapping[str, Any]], columns: Mapping[str, Sequence[Any]]) -> Any:
    """Return rows as a pandas frame, in types that the fields alone decide: what `toPandas` of a whole table gives.

    A whole number that may be null is a float, as pandas holds it, also where no row of these is null.

    Args:
        fields: Name, type and nullable of each column.
        columns: Column to its values: plain, dates as ISO text.
    """
    import pandas as pd

    return pd.DataFrame({field["name"]: _series(field, columns[field["name"]]) for field in fields})


def unwrap(flavor: str, loaded: Any) -> Any:
    """Return what answers for a loaded model: the estimator or session itself, where MLflow's wrapper tells less."""
    return loaded.get_raw_model() if flavor in ("sklearn", "onnx", "pytorch") else loaded


def predict(flavor: str, model: Any, frame: Any) -> dict[str, tuple[str, int | None, list[Any]]]:
    """Return each output's type, length of its vectors, and values.

    Args:
        flavor: MLflow's name of the flavor.
        model: What `own` returned, or anything with the same `predict`.
        frame: A pandas frame.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a model that was fitted on arrays says so at every frame
        got = _predicted(flavor, model, frame)
    return {name: _typed(name, values, len(frame)) for name, values in _columns(got).items()}


def _series(field: Mapping[str, Any], values: Sequence[Any]) -> Any:
    import numpy as np
    import pandas as pd

    kind = field["type"]
    if kind in _WHOLE and field["nullable"]:
        return np.array(values, dtype="float64")
    if kind in _DTYPES and not (kind == "boolean" and field["nullable"]):
        return np.array(values, dtype=_DTYPES[kind])
    if kind == "timestamp":
        return pd.to_datetime(pd.Series(values, dtype="object"))
    cells = np.empty(len(values), dtype=object)
    for at, value in enumerate(values):
        cells[at] = _cell(kind, value)
    return cells


def _cell(kind: str, value: Any) -> Any:
    import numpy as np

    if kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return np.array(value) if kind == "vector" and value is not None else value


def _predicted(flavor: str, model: Any, frame: Any) -> Any:
    if flavor == "onnx":
        return _by_onnx(model, frame)
    if flavor == "pytorch":
        return _by_torch(model, frame)
    if flavor != "sklearn":
        return model.predict(frame)
    found = {"prediction": model.predict(frame)}
    if hasattr(model, "predict_proba"):
        chances = model.predict_proba(frame)
        if not isinstance(chances, list):  # of several labels at once
            found["probability"] = chances
    return found


def _by_onnx(session: Any, frame: Any) -> dict[str, Any]:
    """Run a session: MLflow's own wrapper flattens what has several numbers a row."""
    inputs = session.get_inputs()
    whole = len(inputs) == 1 and inputs[0].name not in frame.columns
    feeds = {
        each.name: _tensor(frame if whole else frame[[each.name]], each.type, len(each.shape or ()))
        for each in inputs
    }
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds), strict=True))


def _by_torch(module: Any, frame: Any) -> Any:
    import torch

    with torch.no_grad():
        return module(torch.from_numpy(frame.to_numpy(dtype="float32"))).numpy()


def _tensor(frame: Any, kind: str, dimensions: int) -> Any:
    import numpy as np

    values = frame.to_numpy()
    if (
        values.dtype == object
        and values.shape[1] == 1
        and len(values)
        and isinstance(values[0, 0], np.ndarray)
    ):
        values = np.stack(list(values[:, 0]))
    values = values.astype(_TENSORS.get(kind, values.dtype))
    return values[:, 0] if dimensions == 1 else values


def _columns(got: Any) -> dict[str, Any]:
    """Return predictions by name: one array, or one tensor of many, is `prediction`."""
    import numpy as np

    if hasattr(got, "columns"):
        if all(isinstance(name, str) for name in got.columns):
            return {name: got[name].to_numpy() for name in got.columns}
        return {"prediction": got.to_numpy()}
    if isinstance(got, Mapping):
        return dict(got) if len(got) > 1 else {"prediction": next(iter(got.values()))}
    return {"prediction": np.asarray(got)}


def _typed(name: str, given: Any, rows: int) -> tuple[str, int | None, list[Any]]:
    import numpy as np

    values = _stacked(np.asarray(given))
    if values.shape[:1] != (rows,):
        raise ValueError(f"output {name} has the shape {values.shape} for {rows} rows")
    if values.ndim == _TABLE and values.shape[1] == 1:
        values = values[:, 0]
    kind = values.dtype.kind
    if values.ndim == _TABLE and kind in "fiub":
        doubles = values.astype("float64").tolist()
        return "single" if _is_single(values) else "vector", int(values.shape[1]), doubles
    if values.ndim != 1:
        raise ValueError(
            f"output {name} holds {values.ndim - 1} dimensions a row; one vector at most is known"
        )
    if kind in "US":
        return "string", None, values.tolist()
    if kind == "O":
        if not all(value is None or isinstance(value, str) for value in values):
            raise ValueError(f"output {name} holds {type(values[0]).__name__}, not numbers or text")
        return "string", None, values.tolist()
    return _number(name, values), None, values.tolist()


def _stacked(values: Any) -> Any:
    """Return an array of arrays, of booleans or of numbers as objects, as one of its own type."""
    import numpy as np

    if values.dtype != object or not values.size or isinstance(values.flat[0], str | type(None)):
        return values
    try:
        return np.array(values.tolist())
    except ValueError:  # vectors of several lengths
        return values


def _number(name: str, values: Any) -> str:
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "f":
        return "float" if _is_single(values) else "double"
    if kind == "b":
        return "boolean"
    if kind in "iu":
        return "integer" if size < 4 or (kind == "i" and size == 4) else "long"  # noqa: PLR2004 - bytes
    raise ValueError(f"output {name} is of NumPy's type {values.dtype}, which is not known")


def _is_single(values: Any) -> bool:
    return bool(values.dtype.kind == "f" and values.dtype.itemsize <= 4)  # noqa: PLR2004 - bytes


def _loaded(head: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
    import mlflow.pyfunc

    model = unwrap(head["flavor"], mlflow.pyfunc.load_model(head["folder"]))

    def answer(columns: Mapping[str, Any]) -> Any:
        return predict(head["flavor"], model, build_frame(head["fields"], columns))

    return answer


def _told(error: BaseException) -> dict[str, str]:
    return {"error": f"{type(error).__name__}: {error}"}


def main() -> int:
    """Answer until the other end closes."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(value: Any) -> None:
        out.write(json.dumps(value) + "\n")
        out.flush()

    try:
        answer = _loaded(json.loads(sys.stdin.readline()))
    except BaseException as error:  # noqa: BLE001 - whatever a model's own code raises, its caller is told
        say(_told(error))
        return 1
    say({"ready": True})
    for line in sys.stdin:
        try:
            say({"answers": answer(json.loads(line))})
        except Exception as error:  # noqa: BLE001
            say(_told(error))
    return 0


if __name__ == "__main__":
    os._exit(main())  # threads of a model's libraries would hold it up
