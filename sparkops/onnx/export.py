"""Write a registered model as an ONNX file, if its answers to all compared rows are right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow
from typing import Any

from sparkops.artifact.random_rows import generate_rows
from sparkops.core.atomic_file import replace_file
from sparkops.errors import InputError, ModelError, NotCompiled
from sparkops.onnx.conversion import require_exact_form, to_onnx
from sparkops.onnx.verification import Verification, score_cases, verify
from sparkops.scoring import describe, edge_rows, load
from sparkops.scoring.artifact.certificate import read_certificate
from sparkops.scoring.artifact.file_names import CERTIFICATE, DESCRIPTION
from sparkops.scoring.locate.model_uri import find_scorer_folder

# The limit of a protocol buffer.
_MAX_BYTES = 2**31 - 1


@dataclass(frozen=True, slots=True)
class OnnxExport:
    """A graph that was written.

    Args:
        model: The graph, an `onnx.ModelProto`.
        verification: The rows that it was compared on.
        certificate_rows: How many of them are the certificate's.
        seed: Seed of the random rows.
        size: Bytes of the file.
    """

    model: Any
    verification: Verification
    certificate_rows: int
    seed: int
    size: int


def export(
    folder: Path, file: Path, *, rows: int = 200, seed: int | None = None, nulls: bool = True
) -> OnnxExport:
    """Write a model's graph if it answers the certificate's rows as Spark did, and others as the scorer does.

    Args:
        folder: A model's folder, or one that `models compile` wrote.
        file: Where the graph is written; an existing file is replaced.
        rows: Number of random rows.
        seed: Seed of the random rows; None for a new one.
        nulls: Whether a row may hold null; without nulls the graph has no inputs for it.

    Raises:
        NotCompiled: The folder holds no scorer.
        NotExported: Some stages have no exact form in ONNX.
        ParityBroken: The graph differs on a row; nothing was written.
    """
    _check_target(file)
    scorer_folder = find_scorer_folder(folder)
    if not (scorer_folder / DESCRIPTION).is_file():
        raise NotCompiled(
            f"{folder} holds no scorer. Make one: `sparkops models compile {folder} --into DIR`."
        )
    # Before the functions of its stages are imported, which no graph can contain.
    require_exact_form(describe(scorer_folder))
    scorer = load(scorer_folder, raw=True)
    model = to_onnx(scorer.description, nulls=nulls)
    certificate = scorer_folder / CERTIFICATE
    cases = read_certificate(certificate) if certificate.is_file() else []
    seed = randbelow(10**6) if seed is None else seed
    # Against Spark's answers; below, on more rows, against the scorer's.
    verify(scorer.description, model, cases, nulls=nulls)
    sampled = [row for row, _ in cases]
    new_rows = [*edge_rows(scorer.description, sampled), *generate_rows(scorer, sampled, rows, seed=seed)]
    verification = verify(scorer.description, model, score_cases(scorer, [*sampled, *new_rows]), nulls=nulls)
    if verification.rows == verification.unscored:
        raise ModelError(
            f"No row of {verification.rows} has an answer, so the graph could not be verified and was not written."
        )
    return OnnxExport(model, verification, len(cases), seed, _write(model, file))


def _check_target(file: Path) -> None:
    if file.is_dir() or not file.parent.is_dir():
        problem = "is a folder" if file.is_dir() else "is not in an existing folder"
        raise InputError(f"{file} {problem}. Name the file that takes the graph: --onnx model.onnx.")


def _write(model: Any, file: Path) -> int:
    """Write the file atomically; return its size."""
    size = int(model.ByteSize())
    if size > _MAX_BYTES:
        raise ModelError(f"The graph takes {size:,} bytes, and an ONNX file holds {_MAX_BYTES:,} at most.")
    replace_file(file, model.SerializeToString(), durable=False)
    return size
