"""Topics of documents: the values of Spark's iteration, and documents on which it does not end."""

from __future__ import annotations

import numpy as np
import pytest

from sparkops.compiler.stages.clustering.lda import _draw_gamma
from sparkops.scoring.kernels.topic_inference import TopicModel, digamma


@pytest.mark.parametrize(
    ("value", "expected"),
    # org.apache.commons.math3.special.Gamma.digamma, Commons Math 3.6.1
    [
        (1e-6, -1000000.5772156649),
        (1e-5, -100000.57721566489),
        (0.3, -3.502524225020958),
        (1.0, -0.5772156677920679),
        (10.0, 2.251752586176186),
        (49.0, 3.8815815072720508),
        (50.0, 3.9019896707617336),
        (1e6, 13.81551005796419),
        (float("inf"), float("inf")),
    ],
)
def test_digamma_has_the_values_of_commons_math(value: float, expected: float) -> None:
    assert digamma(np.array([value]))[0] == pytest.approx(expected, rel=1e-14)


def test_documents_are_independent_of_each_other() -> None:
    random = np.random.default_rng(1)
    model = TopicModel(random.random((30, 4)), np.full(4, 0.25), _draw_gamma(4, shape=100.0))
    documents = [random.choice(30, size=size, replace=False) for size in (1, 5, 12, 30)]
    counts = [random.integers(1, 9, size=len(words)).astype(float) for words in documents]
    together, failed = model.infer(
        np.array([len(words) for words in documents]), np.concatenate(documents), np.concatenate(counts)
    )
    assert not failed.any()
    assert together.sum(axis=1) == pytest.approx(np.ones(4))
    for row, words, values in zip(together, documents, counts, strict=True):
        alone, _ = model.infer(np.array([len(words)]), words, values)
        assert alone[0] == pytest.approx(row, rel=1e-12)


def test_a_negative_count_has_no_answer_and_nan_and_infinity_give_nan() -> None:
    model = TopicModel(np.full((3, 2), 0.5), np.full(2, 0.5), np.ones(2))
    lengths, words = np.array([2, 2, 2, 1]), np.array([0, 1, 0, 1, 0, 1, 2])
    counts = np.array([1.0, -1e-9, np.nan, 1.0, np.inf, 1.0, 2.0])
    shares, failed = model.infer(lengths, words, counts)
    assert failed.tolist() == [True, False, False, False]
    assert np.isnan(shares[1:3]).all()
    assert shares[3] == pytest.approx([0.5, 0.5])
