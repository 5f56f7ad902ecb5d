"""The peer of `scripts/bench serving`: a FastAPI application over onnxruntime, as one would write it for one model.

    python -m benchmarks.fastapi_onnx SCORER_FOLDER PORT

The graph is the one that sparkops exports, in double precision, on one thread. The row is a pydantic model, so fields and types
are validated, as the scorer does; the answer is the same JSON. uvicorn serves it, with uvloop and httptools where installed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI
from pydantic import create_model

from sparkops.onnx import to_onnx
from sparkops.scoring import load
from sparkops.scoring.ir.field import INTEGER_RANGES, Field


def create_app(folder: str) -> FastAPI:
    """Return the application of a compiled scorer's graph."""
    description = load(folder).description
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(to_onnx(description, nulls=False).SerializeToString(), options)
    dtypes = {item.name: item.type for item in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]
    fields: dict[str, Any] = {field.name: (_python_type(field), ...) for field in description.fields}
    row_type = create_model("InputRow", **fields)
    body_type = create_model("Request", dataframe_records=(list[row_type], ...))  # type: ignore[valid-type]
    app = FastAPI()

    async def invocations(request: Any) -> dict[str, Any]:
        rows = [row.model_dump() for row in request.dataframe_records]
        outputs = session.run(None, {name: _tensor(name, rows, dtype) for name, dtype in dtypes.items()})
        columns = [output.reshape(len(rows), -1).tolist() for output in outputs]
        return {
            "predictions": [
                {name: _value(cells) for name, cells in zip(names, answer, strict=True)}
                for answer in zip(*columns, strict=True)
            ]
        }

    # The type of this model's rows, which is not known where the function is written.
    invocations.__annotations__["request"] = body_type
    app.post("/invocations")(invocations)
    return app


def _python_type(field: Field) -> type:
    if field.type in INTEGER_RANGES:
        return int
    return {"string": str, "boolean": bool}.get(field.type, float)


def _tensor(name: str, rows: list[Mapping[str, Any]], dtype: str) -> np.ndarray[Any, Any]:
    """Return a column as a tensor of one slot a row."""
    numpy_type = {
        "tensor(string)": object,
        "tensor(bool)": bool,
        "tensor(int64)": np.int64,
        "tensor(int32)": np.int32,
    }
    values = np.array([row[name] for row in rows], dtype=numpy_type.get(dtype, np.float64))
    return values.reshape(-1, 1)


def _value(cells: list[Any]) -> Any:
    return cells[0] if len(cells) == 1 else cells


def main() -> None:
    folder, port = sys.argv[1:]
    uvicorn.run(create_app(folder), host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
