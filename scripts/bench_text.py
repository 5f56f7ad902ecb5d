"""Time one row of a text pipeline: tokenizer, hashing, idf, logistic, on 50 words. No Spark is needed.

python scripts/bench_text.py
"""

from __future__ import annotations

from random import Random
from statistics import median
from time import perf_counter_ns

import numpy as np

from sparkops.scoring import Description, Field, Output, Scorer, Step

SLOTS, WORDS, ROWS = 2**18, 50, 2000


def pipeline() -> Scorer:
    draw = np.random.default_rng(1)
    steps = (
        Step("tokenize", "Tokenizer", ("t",), ("w",)),
        Step("hash_words", "HashingTF", ("w",), ("h",), {"size": SLOTS, "binary": False, "type": "string"}),
        Step("rescale", "IDFModel", ("h",), ("f",), {}, {"scale": draw.random(SLOTS)}),
        Step(
            "logistic",
            "LogisticRegressionModel",
            ("f",),
            ("prediction", "probability", "rawPrediction"),
            {"multinomial": False, "classes": 2, "sparse": False},
            {
                "weights": draw.normal(size=(1, SLOTS)),
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


def texts(*, letters: str = "abcdefghijklmnopqrstuvwxyz", vocabulary: int = 5000) -> list[dict[str, str]]:
    draw = Random(2)
    words = ["".join(draw.choices(letters, k=draw.randint(2, 10))) for _ in range(vocabulary)]
    return [{"t": " ".join(draw.choices(words, k=WORDS)).capitalize()} for _ in range(ROWS)]


def row_times(scorer: Scorer, rows: list[dict[str, str]]) -> float:
    """Return the median microseconds of a row."""
    times = []
    for row in rows:
        start = perf_counter_ns()
        scorer.score(row)
        times.append(perf_counter_ns() - start)
    return median(times) / 1000


def main() -> None:
    plain = texts()
    cold = row_times(pipeline(), texts(vocabulary=ROWS * WORDS))
    scorer = pipeline()
    row_times(scorer, plain)
    print(f"words seen before: {row_times(scorer, plain):.1f} us a row")
    print(f"words never seen:  {cold:.1f} us a row")
    greek = texts(letters="\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6")
    row_times(scorer, greek)
    print(f"Greek words:       {row_times(scorer, greek):.1f} us a row")
    start = perf_counter_ns()
    scorer.score_batch(plain)
    print(f"in a batch:        {(perf_counter_ns() - start) / 1000 / ROWS:.1f} us a row")


if __name__ == "__main__":
    main()
