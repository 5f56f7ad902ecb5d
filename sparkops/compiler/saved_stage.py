"""A stage as Spark ML saved it: metadata as JSON, numbers as Parquet. Read without Spark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sparkops.errors import ModelError

_SPECIAL = {"NaN": float("nan"), "Inf": float("inf"), "-Inf": float("-inf")}


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved stage.

    Args:
        folder: Where it lies.
        kind: Short class name, without `Model` at its end for neither: as Spark writes it.
        uid: Spark's id of the stage.
        params: Every parameter, the ones left at their default too.
        extra: Further keys of the metadata, such as numFeatures.
    """

    folder: Path
    kind: str
    uid: str
    params: Mapping[str, Any]
    extra: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Saved:
        """Read a stage's metadata.

        Raises:
            ModelError: There is none, or it is not Spark ML's.
        """
        parts = sorted(folder.glob("metadata/part-*"))
        if not parts:
            raise ModelError(f"{folder} holds no model that Spark ML saved: there is no metadata in it.")
        try:
            plain = json.loads(parts[0].read_text(encoding="utf-8"))
            params = {**plain.get("defaultParamMap", {}), **plain["paramMap"]}
            return cls(folder, plain["class"].rpartition(".")[2], plain["uid"], params, plain)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{parts[0]} is not Spark ML's metadata: {error!r}") from None

    def __str__(self) -> str:
        return f"{self.kind} `{self.uid}`"

    def rows(self, name: str = "data") -> list[dict[str, Any]]:
        """Return the rows of a Parquet folder."""
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table

        files = sorted((self.folder / name).glob("*.parquet"))
        if not files:
            raise ModelError(f"{self}: there is no `{name}` in {self.folder}.")
        try:
            return [row for file in files for row in read_table(file).to_pylist()]
        except (OSError, ArrowException) as error:
            raise ModelError(f"{self}: `{name}` in {self.folder} cannot be read: {error}") from None

    def stages(self) -> tuple[Saved, ...]:
        """Return the stages of a saved pipeline, in order."""
        found: dict[str, list[Path]] = {}  # two stages inside an RFormula share one uid
        for path in sorted(
            (self.folder / "stages").glob("*_*"), key=lambda path: (len(path.name), path.name)
        ):
            found.setdefault(path.name.partition("_")[2], []).append(path)
        uids = self.params["stageUids"]
        missing = [uid for uid in uids if len(found.get(uid, ())) < uids.count(uid)]
        if missing:
            raise ModelError(f"{self}: stage `{missing[0]}` is not in {self.folder / 'stages'}.")
        return tuple(Saved.read(found[uid].pop(0)) for uid in uids)

    def number(self, name: str) -> float:
        """Return a numeric parameter."""
        return double(self.params[name])

    def pairs(self) -> list[tuple[str, str]]:
        """Return input and output columns, of a stage of one column or of several."""
        inputs, outputs = self.params.get("inputCols"), self.params.get("outputCols")
        if inputs:
            return list(zip(inputs, outputs or inputs, strict=True))
        return [(self.params["inputCol"], self.params["outputCol"])]


def double(value: Any) -> float:
    """Return a number as Spark ML writes it in metadata."""
    return _SPECIAL[value] if isinstance(value, str) else float(value)


def dense(vector: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """Return a saved vector as an array."""
    if vector["type"] == 1:
        return np.array(vector["values"], dtype=np.float64)
    result = np.zeros(vector["size"])
    result[np.array(vector["indices"], dtype=np.int64)] = vector["values"]
    return result


def matrix(saved: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """Return a saved matrix as an array."""
    rows, columns, values = saved["numRows"], saved["numCols"], np.array(saved["values"], dtype=np.float64)
    if saved["type"] == 1:
        order = (rows, columns) if saved["isTransposed"] else (columns, rows)
        shaped = values.reshape(order)
        return np.ascontiguousarray(shaped if saved["isTransposed"] else shaped.T)
    result = np.zeros((columns, rows)) if not saved["isTransposed"] else np.zeros((rows, columns))
    starts = np.array(saved["colPtrs"])
    major = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    result[major, np.array(saved["rowIndices"], dtype=np.int64)] = values
    return np.ascontiguousarray(result if saved["isTransposed"] else result.T)
