"""Measure how long large models take to load and to score their first row, and their memory; print a Markdown table.

    scripts/bench loads

Each model is loaded in a new process that has only imported the scorer: read the files, verify their hash, generate
code, score one row. Needs no Spark.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.load_costs import measure_load_costs
from benchmarks.text import build_pipeline
from benchmarks.tree_ensembles import NAMES, describe_trees, random_trees
from sparkops.scoring import Description, Field, Output, Step, save

# Name, model, and a row to score.
Case = tuple[str, Description, dict[str, Any]]
WORDS = 100_000
PREDICTION = Output("prediction", "double", "prediction", "prediction")


def main() -> None:
    print("| model | until the first answer | memory | on disk |\n| --- | ---: | ---: | ---: |")
    for name, description, row in build_cases(np.random.default_rng(0)):
        with tempfile.TemporaryDirectory() as folder:
            save(description, folder)
            costs = measure_load_costs(folder, row)
        print(f"| {name} | {costs.seconds:.2f} s | {costs.memory:.1f} MB | {costs.disk:.1f} MB |", flush=True)


def build_cases(rng: np.random.Generator) -> Iterator[Case]:
    for trees, depth in ((100, 5), (500, 10)):
        row = dict.fromkeys(NAMES, 0.1)
        yield f"{trees} trees of depth {depth}", describe_trees(random_trees(rng, trees, depth)), row
    yield "logistic on 2^18 slots of hashed text", build_pipeline().description, {"t": "some words"}
    yield from vocabulary_models(rng)
    yield recommender(rng)
    yield kmeans(rng)


def vocabulary_models(rng: np.random.Generator) -> Iterator[Case]:
    """Return models with a vocabulary of 100,000 words."""
    words = [f"word{i}" for i in range(WORDS)]
    linear = {"weights": rng.normal(size=WORDS), "intercept": np.zeros(1)}
    labels = {"labels": words, "invalid": "error", "type": "string"}
    categories = {"categories": WORDS, "keep": False, "drop_last": False}
    steps: tuple[Step, ...] = (
        Step("string_index", "StringIndexerModel", ("s",), ("i",), labels),
        Step("one_hot", "OneHotEncoderModel", ("i",), ("h",), categories),
        Step("linear", "LinearRegressionModel", ("h",), ("prediction",), {"sparse": False}, linear),
    )
    yield "StringIndexer, one-hot, linear: 100,000 labels", _describe("string", steps), {"s": "word7"}
    vocabulary = {"words": words, "binary": False}
    steps = (
        Step("count_words", "CountVectorizerModel", ("s",), ("c",), vocabulary, {"least": np.ones(1)}),
        Step("linear", "LinearRegressionModel", ("c",), ("prediction",), {"sparse": False}, linear),
    )
    yield "CountVectorizer, linear: 100,000 words", _describe("array<string>", steps), {"s": ["word7"]}
    vectors = {"vectors": rng.normal(size=(WORDS, 100)).astype(np.float32).astype(np.float64)}
    linear = {"weights": rng.normal(size=100), "intercept": np.zeros(1)}
    steps = (
        Step("average_words", "Word2VecModel", ("s",), ("v",), {"words": words}, vectors),
        Step("linear", "LinearRegressionModel", ("v",), ("prediction",), {"sparse": False}, linear),
    )
    yield "Word2Vec, linear: 100,000 words of 100", _describe("array<string>", steps), {"s": ["word7"]}


def _describe(field_type: str, steps: tuple[Step, ...]) -> Description:
    return Description((Field("s", field_type, nullable=False),), (), steps, (PREDICTION,))


def recommender(rng: np.random.Generator) -> Case:
    sizes = {"user": 200_000, "item": 50_000}
    arrays = {f"{side}s": np.arange(count) for side, count in sizes.items()}
    for side, count in sizes.items():
        factors = rng.normal(size=(count, 20))
        arrays[f"{side}_factors"] = factors.astype(np.float32).astype(np.float64)
    step = Step("recommend", "ALSModel", ("user", "item"), ("prediction",), {"invalid": "keep"}, arrays)
    fields = tuple(Field(side, "integer", nullable=False) for side in sizes)
    output = Output("prediction", "float", "prediction", "prediction")
    description = Description(fields, (), (step,), (output,))
    return "ALS, 200,000 by 50,000 of rank 20", description, {"user": 7, "item": 9}


def kmeans(rng: np.random.Generator) -> Case:
    names = tuple(f"x{i}" for i in range(50))
    fields = tuple(Field(name, "double", nullable=False) for name in names)
    centres = {"centres": rng.normal(size=(1000, 50))}
    steps = (
        Step("assemble", "VectorAssembler", names, ("v",), {"invalid": "error"}),
        Step("kmeans", "KMeansModel", ("v",), ("prediction",), {"cosine": False}, centres),
    )
    output = Output("prediction", "integer", "prediction", "prediction")
    return (
        "k-means, 1,000 centres of 50",
        Description(fields, (), steps, (output,)),
        dict.fromkeys(names, 0.1),
    )


if __name__ == "__main__":
    main()
