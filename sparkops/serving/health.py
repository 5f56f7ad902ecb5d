"""Whether a scorer still answers as Spark did when the model was registered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sparkops.errors import ModelError
from sparkops.scoring.artifact.certificate import find_differences, read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.protocol import Answer, RowScorer

Case = tuple[dict[str, Any], Answer]


class Health:
    """Re-runs a part of a model's parity certificate.

    Args:
        scorer: What is checked.
        certificate: Rows with Spark's answers.
        part: How many of them are asked for each time; they are spread evenly over the certificate.
    """

    def __init__(self, scorer: RowScorer, certificate: Sequence[Case], *, part: int = 32) -> None:
        self._scorer = scorer
        step = max(1, len(certificate) // part)
        self._cases = tuple(islice(certificate, 0, None, step))[:part]

    @property
    def cases(self) -> int:
        """Return the number of rows that a check asks for."""
        return len(self._cases)

    def trouble(self) -> str:
        """Return why the scorer is not ready, as one sentence; empty when it is."""
        try:
            differences = find_differences(self._scorer, self._cases)
        except ModelError as error:  # the model's own process
            return str(error)
        if not differences:
            return ""
        return f"{len(differences)} of {self.cases} rows differ from the certificate: {differences[0]}"


def certificate_of(scorer_folder: Path) -> tuple[Case, ...]:
    """Return the rows of the certificate beside a scorer; none where there is no certificate."""
    file = scorer_folder / CERTIFICATE
    return tuple(read_cases(file.read_text("utf-8"))) if file.is_file() else ()
