"""Main program of a pyfunc model's process: load a model that MLflow saved, and answer requests on pipes.

It runs in the model's own interpreter, which has MLflow but no sparkops, so it imports nothing of sparkops. Request and
response are one JSON object on a line: the first request names the model, each other one holds rows by column. JSON
keeps doubles exactly. Standard output is redirected to standard error, so that nothing the model prints can reach the
responses.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

_DTYPES = {
    "byte": "int8", "short": "int16", "integer": "int32", "long": "int64", "float": "float32", "double": "float64",
    "boolean": "bool",
}  # fmt: skip
_INTEGER_TYPES = ("byte", "short", "integer", "long")
_TENSOR_DTYPES = {
    "tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64", "tensor(int32)": "int32",
    "tensor(bool)": "bool", "tensor(string)": "object",
}  # fmt: skip
# Number of dimensions of an array with one vector for each row.
_VECTOR_NDIM = 2


def build_frame(fields: Sequence[Mapping[str, Any]], columns: Mapping[str, Sequence[Any]]) -> Any:
    """Return rows as a pandas DataFrame whose types depend only on the fields, as with `toPandas` of a whole table.

    A nullable integer is a float, as in pandas, even if no row of this request is null.

    Args:
        fields: Name, type and nullable of each column.
        columns: Column name to plain values; dates are ISO text.
    """
    import pandas as pd

    return pd.DataFrame({field["name"]: _build_series(field, columns[field["name"]]) for field in fields})


def unwrap(flavor: str, loaded: Any) -> Any:
    """Return the estimator or session itself for flavors where MLflow's wrapper drops outputs, else the wrapper."""
    return loaded.get_raw_model() if flavor in ("sklearn", "onnx", "pytorch") else loaded


def predict(flavor: str, model: Any, frame: Any) -> dict[str, tuple[str, int | None, list[Any]]]:
    """Return each output's type, length of its vectors, and values; `single` is a vector in single precision.

    Args:
        flavor: MLflow's name of the flavor.
        model: What `unwrap` returned, or anything with the same `predict`.
        frame: A pandas DataFrame.
    """
    with warnings.catch_warnings():
        # A model that was fitted on arrays warns about every frame.
        warnings.simplefilter("ignore")
        predictions = _predict(flavor, model, frame)
    return {
        name: _to_typed_values(name, values, len(frame))
        for name, values in _name_outputs(predictions).items()
    }


def _build_series(field: Mapping[str, Any], values: Sequence[Any]) -> Any:
    import numpy as np
    import pandas as pd

    type_ = field["type"]
    if type_ in _INTEGER_TYPES and field["nullable"]:
        return np.array(values, dtype="float64")
    if type_ in _DTYPES and not (type_ == "boolean" and field["nullable"]):
        return np.array(values, dtype=_DTYPES[type_])
    if type_ == "timestamp":
        return pd.to_datetime(pd.Series(values, dtype="object"))
    cells = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        cells[index] = _to_cell(type_, value)
    return cells


def _to_cell(type_: str, value: Any) -> Any:
    import numpy as np

    if type_ == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    if type_.startswith("decimal(") and value is not None:
        return Decimal(repr(value)).quantize(Decimal(1).scaleb(-int(type_[:-1].partition(",")[2])))
    return np.array(value) if type_ == "vector" and value is not None else value


def _predict(flavor: str, model: Any, frame: Any) -> Any:
    if flavor == "onnx":
        return _predict_onnx(model, frame)
    if flavor == "pytorch":
        return _predict_torch(model, frame)
    if flavor != "sklearn":
        return model.predict(frame)
    outputs = {"prediction": model.predict(frame)}
    if hasattr(model, "predict_proba"):
        probabilities = model.predict_proba(frame)
        # A model of several labels returns a list, with an array for each label: it is left out.
        if not isinstance(probabilities, list):
            outputs["probability"] = probabilities
    return outputs


def _predict_onnx(session: Any, frame: Any) -> dict[str, Any]:
    """Run an ONNX session; MLflow's own wrapper flattens outputs with several numbers for each row."""
    inputs = session.get_inputs()
    is_table_input = len(inputs) == 1 and inputs[0].name not in frame.columns
    feeds = {
        model_input.name: _to_tensor(
            frame if is_table_input else frame[[model_input.name]],
            model_input.type,
            len(model_input.shape or ()),
        )
        for model_input in inputs
    }
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds), strict=True))


def _predict_torch(module: Any, frame: Any) -> Any:
    import torch

    with torch.no_grad():
        return module(torch.from_numpy(frame.to_numpy(dtype="float32"))).numpy()


def _to_tensor(frame: Any, type_: str, ndim: int) -> Any:
    import numpy as np

    values = frame.to_numpy()
    if (
        values.dtype == object
        and values.shape[1] == 1
        and len(values)
        and isinstance(values[0, 0], np.ndarray)
    ):
        values = np.stack(list(values[:, 0]))
    values = values.astype(_TENSOR_DTYPES.get(type_, values.dtype))
    return values[:, 0] if ndim == 1 else values


def _name_outputs(predictions: Any) -> dict[str, Any]:
    """Return predictions by output name; a single array or tensor is called `prediction`."""
    import numpy as np

    if hasattr(predictions, "columns"):
        if all(isinstance(name, str) for name in predictions.columns):
            return {name: predictions[name].to_numpy() for name in predictions.columns}
        return {"prediction": predictions.to_numpy()}
    if isinstance(predictions, Mapping):
        if len(predictions) > 1:
            return dict(predictions)
        return {"prediction": next(iter(predictions.values()))}
    return {"prediction": np.asarray(predictions)}


def _to_typed_values(name: str, output: Any, rows: int) -> tuple[str, int | None, list[Any]]:
    import numpy as np

    values = _stack(np.asarray(output))
    if values.shape[:1] != (rows,):
        raise ValueError(f"output {name} has the shape {values.shape} for {rows} rows")
    if values.ndim == _VECTOR_NDIM and values.shape[1] == 1:
        values = values[:, 0]
    dtype_kind = values.dtype.kind
    if values.ndim == _VECTOR_NDIM and dtype_kind in "fiub":
        doubles = values.astype("float64").tolist()
        type_ = "single" if _has_single_precision(values) else "vector"
        return type_, int(values.shape[1]), doubles
    if values.ndim != 1:
        raise ValueError(
            f"output {name} has {values.ndim - 1} dimensions a row; a number or one vector is supported"
        )
    if dtype_kind in "US":
        return "string", None, values.tolist()
    if dtype_kind == "O":
        if not all(value is None or isinstance(value, str) for value in values):
            raise ValueError(f"output {name} holds {type(values[0]).__name__}, not numbers or text")
        return "string", None, values.tolist()
    return _find_number_type(name, values), None, values.tolist()


def _stack(values: Any) -> Any:
    """Return an object array of arrays, booleans or numbers as an array of its own type, if it has one."""
    import numpy as np

    if values.dtype != object or not values.size or isinstance(values.flat[0], str | type(None)):
        return values
    try:
        return np.array(values.tolist())
    except ValueError:
        # The vectors have different lengths.
        return values


def _find_number_type(name: str, values: Any) -> str:
    dtype_kind, size = values.dtype.kind, values.dtype.itemsize
    if dtype_kind == "f":
        return "float" if _has_single_precision(values) else "double"
    if dtype_kind == "b":
        return "boolean"
    if dtype_kind in "iu":
        return "integer" if size < 4 or (dtype_kind == "i" and size == 4) else "long"  # noqa: PLR2004 - bytes
    raise ValueError(f"output {name} has the NumPy type {values.dtype}, which is not supported")


def _has_single_precision(values: Any) -> bool:
    return bool(values.dtype.kind == "f" and values.dtype.itemsize <= 4)  # noqa: PLR2004 - bytes


def _load(request: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Load the model that the first request names, and return the function that answers the others."""
    import mlflow.pyfunc

    model = unwrap(request["flavor"], mlflow.pyfunc.load_model(request["folder"]))

    def answer(columns: Mapping[str, Any]) -> Any:
        return predict(request["flavor"], model, build_frame(request["fields"], columns))

    return answer


def _build_error_response(error: BaseException) -> dict[str, str]:
    return {"error": f"{type(error).__name__}: {error}"}


def main() -> int:
    """Answer requests until the other end closes the pipe."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def respond(value: Any) -> None:
        output.write(json.dumps(value) + "\n")
        output.flush()

    try:
        answer = _load(json.loads(sys.stdin.readline()))
    except BaseException as error:  # noqa: BLE001 - whatever a model's own code raises is the response
        respond(_build_error_response(error))
        return 1
    respond({"ready": True})
    for line in sys.stdin:
        try:
            respond({"answers": answer(json.loads(line))})
        except Exception as error:  # noqa: BLE001
            respond(_build_error_response(error))
    return 0


if __name__ == "__main__":
    # Not sys.exit: threads of a model's libraries would delay it.
    os._exit(main())
