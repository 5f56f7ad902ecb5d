"""The scorers of a model by the outputs that requests choose."""

from __future__ import annotations

from sparkops.errors import UnknownName
from sparkops.scoring.protocol import RowScorer
from sparkops.serving.request_error import RequestError
from sparkops.serving.request_rows import InputSchema
from sparkops.serving.row_scoring import RowScoring

# Choices whose scorers are kept: each takes the memory of its code.
_MAX_CHOICES = 32


class OutputChoices:
    """Makes the scorer of a choice on its first request, and keeps it.

    Args:
        scorer: The model with the outputs that it returns by default.
    """

    def __init__(self, scorer: RowScorer) -> None:
        self._scorer = scorer
        self._default = _build_row_scoring(scorer)
        self._scorings: dict[tuple[str, ...], RowScoring] = {}

    def find(self, outputs: tuple[str, ...]) -> RowScoring:
        """Return what scores the rows of a request.

        Args:
            outputs: Names that the request chose; empty for the default.

        Raises:
            RequestError: The model has no such output.
        """
        if not outputs:
            return self._default
        scoring = self._scorings.get(outputs)
        if scoring is None:
            try:
                scoring = _build_row_scoring(self._scorer.with_outputs(outputs))
            except UnknownName as error:
                raise RequestError(str(error)) from error
            # Clients choose from few combinations. If they do not, those in use are made again.
            if len(self._scorings) >= _MAX_CHOICES:
                self._scorings.clear()
            self._scorings[outputs] = scoring
        return scoring


def _build_row_scoring(scorer: RowScorer) -> RowScoring:
    return RowScoring(scorer, InputSchema(scorer.fields, scorer.ignored))
