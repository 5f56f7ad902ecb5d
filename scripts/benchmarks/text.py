"""Measure one row of a text pipeline, without Spark: 50 words, Tokenizer, HashingTF, IDF and LogisticRegression.

scripts/bench text
"""

from __future__ import annotations

from random import Random
from statistics import median
from time import perf_counter_ns

import numpy as np

from sparkops.scoring import Description, Field, Output, Scorer, Step

SLOTS, WORDS, ROWS = 2**18, 50, 2000


def build_pipeline() -> Scorer:
    """Return the scorer of the pipeline, with random weights."""
    rng = np.random.default_rng(1)
    steps = (
        Step("tokenize", "Tokenizer", ("t",), ("w",)),
        Step("hash_words", "HashingTF", ("w",), ("h",), {"size": SLOTS, "binary": False, "type": "string"}),
        Step("rescale", "IDFModel", ("h",), ("f",), {}, {"scale": rng.random(SLOTS)}),
        Step(
            "logistic",
            "LogisticRegressionModel",
            ("f",),
            ("prediction", "probability", "rawPrediction"),
            {"multinomial": False, "classes": 2, "sparse": False},
            {
                "weights": rng.normal(size=(1, SLOTS)),
                "intercepts": np.zeros(1),
                "threshold": np.array([0.5]),
            },
        ),
    )
    outputs = (
        Output("prediction", "double", "prediction", "prediction"),
        Output("probability", "vector", "probability", "probability", 2),
    )
    return Scorer(Description((Field("t", "string"),), (), steps, outputs))


def random_texts(
    *, letters: str = "abcdefghijklmnopqrstuvwxyz", vocabulary: int = 5000
) -> list[dict[str, str]]:
    """Return rows whose texts are drawn from a random vocabulary."""
    rng = Random(2)
    words = ["".join(rng.choices(letters, k=rng.randint(2, 10))) for _ in range(vocabulary)]
    return [{"t": " ".join(rng.choices(words, k=WORDS)).capitalize()} for _ in range(ROWS)]


def median_row_time(scorer: Scorer, rows: list[dict[str, str]]) -> float:
    """Score rows one by one and return the median microseconds per row."""
    times = []
    for row in rows:
        start = perf_counter_ns()
        scorer.score(row)
        times.append(perf_counter_ns() - start)
    return median(times) / 1000


def main() -> None:
    rows = random_texts()
    new_words = median_row_time(build_pipeline(), random_texts(vocabulary=ROWS * WORDS))
    scorer = build_pipeline()
    median_row_time(scorer, rows)
    print(f"known words:  {median_row_time(scorer, rows):.1f} us a row")
    print(f"new words:    {new_words:.1f} us a row")
    greek = random_texts(letters="\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6")
    median_row_time(scorer, greek)
    print(f"Greek words:  {median_row_time(scorer, greek):.1f} us a row")
    start = perf_counter_ns()
    scorer.score_batch(rows)
    print(f"in a batch:   {(perf_counter_ns() - start) / 1000 / ROWS:.1f} us a row")


if __name__ == "__main__":
    main()
