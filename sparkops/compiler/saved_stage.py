"""A stage as Spark ML saves it, metadata in JSON and numbers in Parquet, read without Spark."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from sparkops.core.bounded_file import open_regular, read_text
from sparkops.core.wording import truncate
from sparkops.errors import DamagedModel
from sparkops.scoring.ir.arrays import Numbers

# Bytes of a stage's metadata, which may contain all labels of a column.
_MAX_METADATA = 1 << 28
# Characters of what Parquet's reader says: it repeats the whole path.
_MAX_REASON = 300
# Stages of a model, those of pipelines within it counted.
MAX_STAGES = 5000
# The type of a dense vector or matrix in Spark ML's files; 0 is sparse.
_DENSE = 1
_SPECIAL_DOUBLES = {"NaN": float("nan"), "Inf": float("inf"), "-Inf": float("-inf")}


@dataclass(frozen=True, slots=True)
class SavedStage:
    """One saved stage.

    Args:
        folder: Folder that Spark wrote.
        class_name: Class name without its package, such as `StringIndexerModel`.
        uid: Spark's id of the stage.
        params: All parameters, including those left at their default.
        metadata: The whole metadata object, for keys such as `numFeatures` or `sparkVersion`.
    """

    folder: Path
    class_name: str
    uid: str
    params: Mapping[str, Any]
    metadata: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> SavedStage:
        """Read a stage's metadata.

        Raises:
            DamagedModel: There is none, or it is not Spark ML's.
        """
        file, metadata = read_metadata(folder)
        try:
            params = {**metadata.get("defaultParamMap", {}), **metadata["paramMap"]}
            name = metadata["class"].rpartition(".")[2]
            return cls(folder, name, str(metadata["uid"]), params, metadata)
        except (KeyError, TypeError, AttributeError) as error:
            raise DamagedModel(f"{file} is not Spark ML's metadata: {error!r}") from None

    def __str__(self) -> str:
        return f"{self.class_name} `{self.uid}`"

    def read_rows(self, name: str = "data") -> list[dict[str, Any]]:
        """Read the rows of a Parquet folder."""
        from pyarrow import ArrowException

        files = sorted((self.folder / name).glob("*.parquet"))
        if not files:
            raise DamagedModel(f"{self}: there is no `{name}` in {self.folder}.")
        try:
            return [row for file in files for row in _read_parquet(file)]
        except (OSError, ArrowException, ValueError, OverflowError) as error:
            reason = truncate(str(error).partition("\n")[0], _MAX_REASON)
            raise DamagedModel(f"{self}: `{name}` in {self.folder} cannot be read: {reason}") from None

    def read_inner_stages(self) -> tuple[SavedStage, ...]:
        """Read the stages of a saved pipeline, in order."""
        # A list for each uid, because two stages inside an RFormula share one.
        folders: dict[str, list[Path]] = {}
        for path in sorted(
            (self.folder / "stages").glob("*_*"), key=lambda path: (len(path.name), path.name)
        ):
            folders.setdefault(path.name.partition("_")[2], []).append(path)
        uids = self.params.get("stageUids")
        if not isinstance(uids, list) or not all(isinstance(uid, str) for uid in uids):
            raise DamagedModel(f"{self}: its metadata in {self.folder} does not name its stages.")
        if len(uids) > MAX_STAGES:
            raise DamagedModel(f"{self}: it has {len(uids):,} stages, and at most {MAX_STAGES:,} are read.")
        missing = [uid for uid, count in Counter(uids).items() if len(folders.get(uid, ())) < count]
        if missing:
            raise DamagedModel(f"{self}: stage `{missing[0]}` is not in {self.folder / 'stages'}.")
        return tuple(SavedStage.read(folders[uid].pop(0)) for uid in uids)

    def read_double(self, name: str) -> float:
        """Return a numeric parameter, which JSON may hold as "NaN" or "Inf"."""
        return parse_double(self.params[name])

    def read_column_pair(self) -> tuple[str, str]:
        """Return the input and the output column of a stage that has one of each."""
        return str(self.params["inputCol"]), str(self.params["outputCol"])

    def read_column_pairs(self) -> list[tuple[str, str]]:
        """Return input and output columns of a stage that may have several of each."""
        inputs, outputs = self.params.get("inputCols"), self.params.get("outputCols")
        if inputs:
            return list(zip(inputs, outputs or inputs, strict=True))
        return [self.read_column_pair()]


def read_metadata(folder: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return the file of the metadata in a folder, and its JSON object.

    Raises:
        DamagedModel: There is none, or it cannot be read.
    """
    parts = sorted(folder.glob("metadata/part-*"))
    if not parts:
        raise DamagedModel(f"{folder} is not a saved Spark ML model: it has no metadata.")
    try:
        metadata = json.loads(read_text(parts[0], _MAX_METADATA))
    except OSError as error:
        raise DamagedModel(f"{parts[0]} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise DamagedModel(f"{parts[0]} is not Spark ML's metadata: {error!r}") from None
    if not isinstance(metadata, dict):
        raise DamagedModel(f"{parts[0]} is not Spark ML's metadata: it is no object of JSON.")
    return parts[0], metadata


def _read_parquet(file: Path) -> list[dict[str, Any]]:
    from pyarrow.parquet import ParquetFile

    with open_regular(file) as stream, ParquetFile(stream) as table:
        return cast("list[dict[str, Any]]", table.read().to_pylist())


def parse_double(value: Any) -> float:
    """Return a number of Spark ML's metadata."""
    return _SPECIAL_DOUBLES[value] if isinstance(value, str) else float(value)


def is_sparse(value: Mapping[str, Any]) -> bool:
    """Return whether a saved vector or matrix is sparse."""
    return bool(value["type"] != _DENSE)


def parse_vector(vector: Mapping[str, Any]) -> Numbers:
    """Return a saved vector, dense or sparse, as an array."""
    if not is_sparse(vector):
        return np.array(vector["values"], dtype=np.float64)
    result = np.zeros(vector["size"])
    result[np.array(vector["indices"], dtype=np.int64)] = vector["values"]
    return result


def parse_matrix(matrix: Mapping[str, Any]) -> Numbers:
    """Return a saved matrix, dense or compressed by column, as an array of (rows, columns)."""
    rows, columns = matrix["numRows"], matrix["numCols"]
    values, transposed = np.array(matrix["values"], dtype=np.float64), matrix["isTransposed"]
    if not is_sparse(matrix):
        major_first = values.reshape((rows, columns) if transposed else (columns, rows))
    else:
        major_first = np.zeros((rows, columns) if transposed else (columns, rows))
        starts = np.array(matrix["colPtrs"])
        major = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        major_first[major, np.array(matrix["rowIndices"], dtype=np.int64)] = values
    return np.ascontiguousarray(major_first if transposed else major_first.T)
