"""Readiness: whether a scorer still agrees with its parity certificate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from sparkops.errors import ModelError
from sparkops.scoring.artifact.certificate import find_differences
from sparkops.scoring.artifact.certificate import read_certificate as read_certificate_file
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.protocol import Case, RowScorer

MAX_CHECKED_ROWS = 32


class Health:
    """Scores some rows of a model's parity certificate again.

    Args:
        scorer: The scorer.
        certificate: Rows with Spark's answers.
        max_rows: Number of rows to score at each check, spread evenly over the certificate.
    """

    def __init__(
        self, scorer: RowScorer, certificate: Sequence[Case], *, max_rows: int = MAX_CHECKED_ROWS
    ) -> None:
        self._scorer = scorer
        step = max(1, len(certificate) // max_rows)
        self._cases = tuple(islice(certificate, 0, None, step))[:max_rows]

    @property
    def case_count(self) -> int:
        """Return the number of rows scored at each check."""
        return len(self._cases)

    def find_problem(self) -> str:
        """Return the reason why the scorer is not ready; empty when it is."""
        try:
            differences = find_differences(self._scorer, self._cases)
        except ModelError as error:
            # A model that is not Spark's is scored in a process of its own, whose errors arrive here.
            return str(error)
        if not differences:
            return ""
        return f"{len(differences)} of {self.case_count} rows differ from the certificate: {differences[0]}"


def read_certificate(scorer_folder: Path) -> tuple[Case, ...]:
    """Return the rows of a scorer's certificate; empty where there is no certificate."""
    file = scorer_folder / CERTIFICATE
    return tuple(read_certificate_file(file)) if file.is_file() else ()
