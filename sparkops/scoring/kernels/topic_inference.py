"""Variational inference of the topics of documents, as in Spark's online LDA (Hoffman, Blei and Bach 2010)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.arrays import Numbers

# A document is done when its topic weights change by less than this on average.
_TOLERANCE = 1e-3
# Spark has no limit.
MAX_ITERATIONS = 100_000
# Spark adds it to each norm, so that no word divides by 0.
_TINY = 1e-100
_EULER = 0.577215664901532860606512090082
_SERIES_FROM = 49.0
_POLE_UP_TO = 1e-5


@dataclass(frozen=True, slots=True)
class TopicModel:
    """The arrays of an LDA model.

    Args:
        weights: (words, topics) exp(E[log beta]).
        prior: (topics,) Dirichlet prior of a document's topics.
        start: (topics,) topic weights from which Spark starts every document.
    """

    weights: Numbers
    prior: Numbers
    start: Numbers

    def infer(self, lengths: Numbers, words: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
        """Return the share of each topic for each document, and a mask of the documents without an answer.

        Each document has at least one word. The iteration of Spark may never end if a count is negative; such documents
        have no answer.

        Args:
            lengths: (documents,) number of distinct words, at least 1.
            words: (entries,) word indices, document after document.
            counts: (entries,) how often the word occurs.
        """
        topics = len(self.prior)
        result = np.full((len(lengths), topics), np.nan)
        failed = np.logical_or.reduceat(counts < 0.0, np.cumsum(lengths) - lengths)
        counts = np.maximum(counts, 0.0)
        remaining = np.arange(len(lengths))
        gamma = np.tile(self.start, (len(lengths), 1))
        weights = self.weights[words]
        with np.errstate(all="ignore"):
            theta = np.exp(_compute_expected_log(gamma))
            for _ in range(MAX_ITERATIONS):
                starts = np.cumsum(lengths) - lengths
                norm = (weights * np.repeat(theta, lengths, axis=0)).sum(axis=1) + _TINY
                before = gamma
                gamma = (
                    theta * np.add.reduceat(weights * (counts / norm)[:, None], starts, axis=0) + self.prior
                )
                theta = np.exp(_compute_expected_log(gamma))
                # False for NaN, which ends the iteration, as in Spark.
                active = np.abs(gamma - before).sum(axis=1) / topics > _TOLERANCE
                if active.all():
                    continue
                result[remaining[~active]] = gamma[~active]
                entries = np.repeat(active, lengths)
                weights, counts = weights[entries], counts[entries]
                remaining, lengths, gamma, theta = (
                    remaining[active],
                    lengths[active],
                    gamma[active],
                    theta[active],
                )
                if not len(remaining):
                    break
            failed[remaining] = True
            return result / np.abs(result).sum(axis=1, keepdims=True), failed


def _compute_expected_log(gamma: Numbers) -> Numbers:
    """Return E[log theta] of (documents, topics) Dirichlet parameters."""
    values = digamma(np.column_stack([gamma, gamma.sum(axis=1)]))
    expected: Numbers = values[:, :-1] - values[:, -1:]
    return expected


def digamma(values: Numbers) -> Numbers:
    """Return the digamma function of non-negative numbers, with the errors (up to 3e-9) of Commons Math 3.

    It is the logarithmic derivative of the gamma function. Commons Math adds the terms -1/x until x is 49 and then
    takes an asymptotic series, in which one sign is wrong.
    """
    steps = np.ceil(_SERIES_FROM - values)
    steps = np.where((steps > 0.0) & (values >= 0.0), steps, 0.0)
    terms = np.arange(int(steps.max(initial=0.0)))
    shift = np.where(terms < steps[..., None], 1.0 / (values[..., None] + terms), 0.0).sum(axis=-1)
    shifted = values + steps
    inverse = 1.0 / (shifted * shifted)
    series = (
        np.log(shifted) - 0.5 / shifted - inverse * (1.0 / 12.0 + inverse * (1.0 / 120.0 - inverse / 252.0))
    )
    near_pole = (values > 0.0) & (values <= _POLE_UP_TO)
    result = np.where(near_pole, -_EULER - 1.0 / values, series - shift)
    return np.where(np.isfinite(values), result, values)
