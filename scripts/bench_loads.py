"""How long large models take to be loaded and to score their first row, and what memory they need; a Markdown table.

    .venv/bin/python scripts/bench_loads.py

Each is loaded in a new process that has only imported the scorer: files read, their hash checked, code written, one row
scored. No Spark is needed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from bench_costs import costs_of
from bench_forests import NAMES, described, grown
from bench_text import pipeline

from sparkops.scoring import Description, Field, Output, Step, save

Case = tuple[str, Description, dict[str, Any]]
COUNT = 100_000
PREDICTION = Output("prediction", "double", "prediction", "prediction")


def main() -> None:
    print("| model | until the first answer | memory | on disk |\n| --- | ---: | ---: | ---: |")
    for name, description, row in cases(np.random.default_rng(0)):
        with tempfile.TemporaryDirectory() as folder:
            save(description, folder)
            found = costs_of(folder, row)
        print(f"| {name} | {found.seconds:.2f} s | {found.memory:.1f} MB | {found.disk:.1f} MB |", flush=True)


def cases(draw: np.random.Generator) -> Iterator[Case]:
    for trees, depth in ((100, 5), (500, 10)):
        row = dict.fromkeys(NAMES, 0.1)
        yield f"{trees} trees of depth {depth}", described(grown(draw, trees, depth)), row
    yield "logistic on 2^18 slots of hashed text", pipeline().description, {"t": "some words"}
    yield from texts(draw)
    yield recommender(draw)
    names = tuple(f"x{at}" for at in range(50))
    fields = tuple(Field(name, "double", nullable=False) for name in names)
    steps = (
        Step("assemble", "VectorAssembler", names, ("v",), {"invalid": "error"}),
        Step(
            "kmeans",
            "KMeansModel",
            ("v",),
            ("prediction",),
            {"cosine": False},
            {"centres": draw.normal(size=(1000, 50))},
        ),
    )
    output = Output("prediction", "integer", "prediction", "prediction")
    yield "k-means, 1,000 centres of 50", Description(fields, (), steps, (output,)), dict.fromkeys(names, 0.1)


def texts(draw: np.random.Generator) -> Iterator[Case]:
    """Return models that know 100,000 words."""
    known = [f"word{at}" for at in range(COUNT)]
    linear = {"weights": draw.normal(size=COUNT), "intercept": np.zeros(1)}
    indexed = {"labels": known, "invalid": "error", "type": "string"}
    steps: tuple[Step, ...] = (
        Step("string_index", "StringIndexerModel", ("s",), ("i",), indexed),
        Step(
            "one_hot",
            "OneHotEncoderModel",
            ("i",),
            ("h",),
            {"categories": COUNT, "keep": False, "drop_last": False},
        ),
        Step("linear", "LinearRegressionModel", ("h",), ("prediction",), {"sparse": False}, linear),
    )
    yield "StringIndexer, one-hot, linear: 100,000 labels", _of("string", steps), {"s": "word7"}
    counts = {"least": np.ones(1)}
    steps = (
        Step(
            "count_words", "CountVectorizerModel", ("s",), ("c",), {"words": known, "binary": False}, counts
        ),
        Step("linear", "LinearRegressionModel", ("c",), ("prediction",), {"sparse": False}, linear),
    )
    yield "CountVectorizer, linear: 100,000 words", _of("array<string>", steps), {"s": ["word7"]}
    vectors = {"vectors": draw.normal(size=(COUNT, 100)).astype(np.float32).astype(np.float64)}
    linear = {"weights": draw.normal(size=100), "intercept": np.zeros(1)}
    steps = (
        Step("average_words", "Word2VecModel", ("s",), ("v",), {"words": known}, vectors),
        Step("linear", "LinearRegressionModel", ("v",), ("prediction",), {"sparse": False}, linear),
    )
    yield "Word2Vec, linear: 100,000 words of 100", _of("array<string>", steps), {"s": ["word7"]}


def _of(kind: str, steps: tuple[Step, ...]) -> Description:
    return Description((Field("s", kind, nullable=False),), (), steps, (PREDICTION,))


def recommender(draw: np.random.Generator) -> Case:
    sizes = {"user": 200_000, "item": 50_000}
    arrays = {f"{side}s": np.arange(count) for side, count in sizes.items()}
    for side, count in sizes.items():
        factors = draw.normal(size=(count, 20))
        arrays[f"{side}_factors"] = factors.astype(np.float32).astype(np.float64)
    step = Step("recommend", "ALSModel", ("user", "item"), ("prediction",), {"invalid": "keep"}, arrays)
    fields = tuple(Field(side, "integer", nullable=False) for side in sizes)
    output = Output("prediction", "float", "prediction", "prediction")
    return (
        "ALS, 200,000 by 50,000 of rank 20",
        Description(fields, (), (step,), (output,)),
        {"user": 7, "item": 9},
    )


if __name__ == "__main__":
    main()
