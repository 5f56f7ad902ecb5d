"""Compare the scores of a newly trained model with the certificate of a registered version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkops.artifact.certify import FittedAnswers
from sparkops.pipeline.model import Model
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER


@dataclass(frozen=True, slots=True)
class ScoreComparison:
    """The scores of the rows of a certificate.

    Args:
        rows: Number of rows.
        differences: For each row that differs: its description, the recorded and the new answer.
    """

    rows: int
    differences: tuple[tuple[str, str, str], ...] = ()


def compare_scores(model: Model, folder: Path, tolerance: float) -> ScoreComparison | None:
    """Return the comparison of a trained model with the certificate in the folder of a version.

    It is None if the version has no certificate of a compiled scorer, or one without scores.

    Args:
        model: The model that was trained again.
        folder: Folder of the registered version.
        tolerance: Relative tolerance of scores, and the absolute one near 0.
    """
    from sparkops.scoring import load
    from sparkops.scoring.artifact.certificate import Answer, compare_answers

    cases = _read_scores(folder)
    if not cases:
        return None
    scorer = load(folder / SCORER)
    outputs = [output for output in scorer.outputs if output.column is not None]
    fitted = FittedAnswers(
        scorer.fields, [str(output.column) for output in outputs], model.fitted, model.example
    )
    names = {str(output.column): output.name for output in outputs}
    answers = [
        answer if isinstance(answer, str) else _rename(answer, names)
        for answer in fitted.answer_rows([row for row, _ in cases])
    ]
    recorded: list[Answer] = [answer for _, answer in cases]
    differences = compare_answers(recorded, answers, outputs, rtol=tolerance, atol=tolerance)
    return ScoreComparison(
        len(cases),
        tuple(
            (f"row {item.index} of the certificate, {item.output}", str(item.expected), str(item.actual))
            for item in differences
        ),
    )


def has_scores(folder: Path) -> bool:
    """Return whether the folder of a version has a certificate with scores to compare with.

    Raises:
        DamagedModel: The certificate cannot be read.
    """
    return bool(_read_scores(folder))


def _read_scores(folder: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the rows of a certificate and their scores, without those that have none."""
    from sparkops.scoring.artifact.certificate import read_certificate

    path = folder / SCORER / CERTIFICATE
    cases = read_certificate(path) if path.is_file() else []
    return [(row, answer) for row, answer in cases if not isinstance(answer, str)]


def _rename(answer: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(column, column): value for column, value in answer.items()}
