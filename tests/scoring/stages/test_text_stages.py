"""Text stages: tokens as output, wide vectors, and damaged steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparkops.errors import ModelError
from sparkops.scoring import Description, Field, Output, Scorer, Step


def scorer(op: str, type_: str, params: dict[str, Any], output: str = "vector", **arrays: Any) -> Scorer:
    numbers = {name: np.array(value, dtype=np.float64) for name, value in arrays.items()}
    step = Step(op, op, ("x",), ("o",), params, numbers)
    return Scorer(Description((Field("x", type_),), (), (step,), (Output("o", output, "o", "column"),)))


TOKENS = "array<string>"
DAMAGED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("tokenize", TOKENS, {}, {}),
    ("tokenize_by_pattern", "string", {"pattern": 1, "shortest": 1}, {}),
    ("tokenize_by_pattern", "string", {"pattern": "(", "shortest": 1}, {}),
    ("tokenize_by_pattern", "string", {"pattern": "a", "shortest": "1"}, {}),
    ("ngram", TOKENS, {"n": 0}, {}),
    ("ngram", TOKENS, {"n": True}, {}),
    ("remove_words", TOKENS, {"words": "the"}, {}),
    ("remove_words", TOKENS, {"words": [1]}, {}),
    ("hash_words", TOKENS, {"size": 2**40, "type": "string"}, {}),
    ("hash_words", TOKENS, {"size": 8, "type": ["string"]}, {}),
    ("hash_words", TOKENS, {"size": 8, "type": "integer"}, {}),
    ("hash_words", "array<date>", {"size": 8, "type": "date"}, {}),
    ("count_words", TOKENS, {"words": ["a", "a"]}, {"least": [1.0]}),
    ("count_words", TOKENS, {"words": ["a"]}, {}),
    ("average_words", TOKENS, {"words": ["a"]}, {"vectors": [[1.0], [2.0]]}),
    ("average_words", TOKENS, {"words": ["a"]}, {"vectors": [1.0]}),
    ("hash_features", "string", {"size": 8, "types": ["double"], "names": []}, {}),
    ("hash_features", "string", {"size": 8, "types": [], "names": []}, {}),
    ("hash_features", "string", {"size": 8, "types": ["string"], "names": 1}, {}),
    ("hash_features", "double", {"size": 8, "types": ["double"], "names": ["x"]}, {}),
    ("hash_features", "date", {"size": 8, "types": ["date"], "names": []}, {}),
]


@pytest.mark.parametrize(("op", "type_", "params", "arrays"), DAMAGED)
def test_a_damaged_step_is_refused(
    op: str, type_: str, params: dict[str, Any], arrays: dict[str, Any]
) -> None:
    with pytest.raises(ModelError, match=op):
        scorer(op, type_, params, **arrays)


def test_tokens_are_the_output_of_rows_and_batches() -> None:
    model = scorer("tokenize", "string", {}, TOKENS)
    rows = [{"x": "A b"}, {"x": ""}, {"x": " "}]
    assert [model.score(row)["o"] for row in rows] == [["a", "b"], [""], []]
    assert [row and row["o"] for row in model.score_batch(rows).rows()] == [["a", "b"], [""], []]


def test_a_wide_vector_without_words_is_all_zeros() -> None:
    model = scorer("hash_words", TOKENS, {"size": 2048, "binary": False, "type": "string"})
    assert model.score({"x": []})["o"] == [0.0] * 2048
    assert model.score_batch([{"x": []}, {"x": ["a", None]}]).columns["o"].sum(axis=1).tolist() == [0.0, 2.0]
