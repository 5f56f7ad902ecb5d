"""A registered model as a file of ONNX: written only after every row of its proof agreed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow
from typing import Any

from sparkops.artifact.random_rows import fresh_rows
from sparkops.errors import InputError, ModelError, NotCompiled
from sparkops.onnx.conversion import to_onnx
from sparkops.onnx.verification import Proved, prove, scored_cases
from sparkops.scoring import edge_rows, load
from sparkops.scoring.artifact.certificate import read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE, DESCRIPTION
from sparkops.scoring.locate.model_uri import scorer_folder

_MOST_BYTES = 2**31 - 1  # of one protocol buffer


@dataclass(frozen=True, slots=True)
class Exported:
    """A graph that was written.

    Args:
        model: The graph, an `onnx.ModelProto`.
        proved: What it was compared on.
        kept: How many rows of the certificate are among them.
        seed: What makes the same fresh rows again.
        size: Bytes of the file.
    """

    model: Any
    proved: Proved
    kept: int
    seed: int
    size: int


def export(
    folder: Path, file: Path, *, rows: int = 200, seed: int | None = None, nulls: bool = True
) -> Exported:
    """Write a model's graph, if it answers the rows of the certificate as Spark did, and others as the scorer does.

    Args:
        folder: The model's, or one that `models compile` wrote.
        file: Where the graph goes; one that is there is replaced.
        rows: How many fresh rows.
        seed: Of the fresh rows; a new one where none is given.
        nulls: Whether a row may hold null; without, the graph has no inputs that tell of it.

    Raises:
        NotCompiled: The folder holds no scorer.
        NotExported: Stages have no exact form in ONNX.
        ParityBroken: The graph differs on a row; nothing was written.
    """
    _check_place(file)
    home = scorer_folder(folder)
    if not (home / DESCRIPTION).is_file():
        raise NotCompiled(
            f"{folder} holds no scorer. Make one: `sparkops models compile {folder} --into DIR`."
        )
    scorer = load(home, raw=True)
    model = to_onnx(scorer.description, nulls=nulls)
    certificate = home / CERTIFICATE
    cases = read_cases(certificate.read_text("utf-8")) if certificate.is_file() else []
    chosen = randbelow(10**6) if seed is None else seed
    prove(scorer.description, model, cases, nulls=nulls)  # as Spark answered
    sampled = [row for row, _ in cases]
    more = [*edge_rows(scorer.description, sampled), *fresh_rows(scorer, sampled, rows, seed=chosen)]
    proved = prove(scorer.description, model, scored_cases(scorer, [*sampled, *more]), nulls=nulls)
    if proved.rows == proved.unscored:
        raise ModelError(
            f"No row of {proved.rows} has an answer, so the graph is not proved and was not written."
        )
    return Exported(model, proved, len(cases), chosen, _write(model, file))


def _check_place(file: Path) -> None:
    if file.is_dir() or not file.parent.is_dir():
        what = "is a folder" if file.is_dir() else "is in no folder that is there"
        raise InputError(f"{file} {what}. Name the file that takes the graph: --onnx model.onnx.")


def _write(model: Any, file: Path) -> int:
    """Write the file beside its place, then put it there: a reader sees the old one or the new one whole."""
    size = int(model.ByteSize())
    if size > _MOST_BYTES:
        raise ModelError(f"The graph takes {size:,} bytes, and a file of ONNX holds {_MOST_BYTES:,} at most.")
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(model.SerializeToString())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return size
