"""Steps of text whose form is damaged, and what they remember."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparkops.errors import ModelError
from sparkops.scoring import Description, Field, Output, Scorer, Step


def scorer(op: str, kind: str, params: dict[str, Any], output: str = "vector", **arrays: Any) -> Scorer:
    numbers = {name: np.array(value, dtype=np.float64) for name, value in arrays.items()}
    step = Step(op, op, ("x",), ("o",), params, numbers)
    return Scorer(Description((Field("x", kind),), (), (step,), (Output("o", output, "o", "column"),)))


WORDS = "array<string>"
SHAPES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("tokenize", WORDS, {}, {}),
    ("tokenize_by_pattern", "string", {"pattern": 1, "shortest": 1}, {}),
    ("tokenize_by_pattern", "string", {"pattern": "(", "shortest": 1}, {}),
    ("tokenize_by_pattern", "string", {"pattern": "a", "shortest": "1"}, {}),
    ("ngram", WORDS, {"n": 0}, {}),
    ("ngram", WORDS, {"n": True}, {}),
    ("remove_words", WORDS, {"words": "the"}, {}),
    ("remove_words", WORDS, {"words": [1]}, {}),
    ("hash_words", WORDS, {"size": 2**40, "type": "string"}, {}),
    ("hash_words", WORDS, {"size": 8, "type": ["string"]}, {}),
    ("hash_words", WORDS, {"size": 8, "type": "integer"}, {}),
    ("hash_words", "array<date>", {"size": 8, "type": "date"}, {}),
    ("count_words", WORDS, {"words": ["a", "a"]}, {"least": [1.0]}),
    ("count_words", WORDS, {"words": ["a"]}, {}),
    ("average_words", WORDS, {"words": ["a"]}, {"vectors": [[1.0], [2.0]]}),
    ("average_words", WORDS, {"words": ["a"]}, {"vectors": [1.0]}),
    ("hash_features", "string", {"size": 8, "types": ["double"], "names": []}, {}),
    ("hash_features", "string", {"size": 8, "types": [], "names": []}, {}),
    ("hash_features", "string", {"size": 8, "types": ["string"], "names": 1}, {}),
    ("hash_features", "double", {"size": 8, "types": ["double"], "names": ["x"]}, {}),
    ("hash_features", "date", {"size": 8, "types": ["date"], "names": []}, {}),
]


@pytest.mark.parametrize(("op", "kind", "params", "arrays"), SHAPES)
def test_a_damaged_step_is_refused(
    op: str, kind: str, params: dict[str, Any], arrays: dict[str, Any]
) -> None:
    with pytest.raises(ModelError, match=op):
        scorer(op, kind, params, **arrays)


def test_words_are_the_answer_of_a_row_and_of_a_batch() -> None:
    made = scorer("tokenize", "string", {}, WORDS)
    rows = [{"x": "A b"}, {"x": ""}, {"x": " "}]
    assert [made.score(row)["o"] for row in rows] == [["a", "b"], [""], []]
    assert [row and row["o"] for row in made.score_batch(rows).rows()] == [["a", "b"], [""], []]


def test_a_wide_vector_without_words_is_all_zeros() -> None:
    made = scorer("hash_words", WORDS, {"size": 2048, "binary": False, "type": "string"})
    assert made.score({"x": []})["o"] == [0.0] * 2048
    assert made.score_batch([{"x": []}, {"x": ["a", None]}]).columns["o"].sum(axis=1).tolist() == [0.0, 2.0]
