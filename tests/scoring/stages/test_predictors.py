"""Every predictor gives the same answers row by row and as a batch, at any width; damaged steps are refused."""

from __future__ import annotations

import json
import random
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from scoring.stages.example_predictors import others, predictors
from scoring.test_damaged_artifacts import disturbed, edit, outcome, seconds

from sparkops.errors import ModelError
from sparkops.scoring import Description, Field, Output, Scorer, Step, compare_answers, edge_rows
from sparkops.scoring.jvm.math import divide, exp, power

NAMES = [*predictors(3), *others()]
# Numbers of slots that are held as local variables, as a list, and as a dictionary.
SHORT, LISTED, WIDE = 3, 80, 1100


def rows_of(description: Description) -> list[dict[str, Any]]:
    draw = random.Random(5)
    rows = edge_rows(description, [], limit=60)
    size = description.fields[0].size
    if size:
        rows += [{"v": [draw.choice([0.0, 0.0, 1.0, 3.0, 0.5]) for _ in range(size)]} for _ in range(5)]
        rows += [{"v": [float(draw.random() < 0.5) for _ in range(size)]} for _ in range(5)]
    return rows


def description_of(name: str, size: int) -> Description:
    description = others().get(name)
    return description if description is not None else predictors(size)[name]


# a covariance of a thousand features takes long
SIZED = [
    (name, size) for name in NAMES for size in (SHORT, LISTED, WIDE) if (name, size) != ("mixture", WIDE)
]


@pytest.mark.parametrize(("name", "size"), SIZED)
def test_rows_and_batches_agree(name: str, size: int) -> None:
    scorer = Scorer(description_of(name, size))
    rows = rows_of(scorer.description)
    answers = [scorer.answer(row) for row in rows]
    scored = [row for row, answer in zip(rows, answers, strict=True) if answer != "refused"]
    expected = [answer for answer in answers if answer != "refused"]
    assert len(expected) > 5
    batch = ["dropped" if row is None else row for row in scorer.score_batch(scored).rows()]
    differences = compare_answers(expected, batch, scorer.outputs, rtol=1e-9)
    assert [f"{item}; {str(scored[item.index])[:200]}" for item in differences] == []
    for row, answer in zip(rows, answers, strict=True):
        if answer == "refused":
            with pytest.raises(Exception, match="Row 0"):
                scorer.score_batch([row])


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("classes", [4, 60])
def test_margins_of_few_and_many_classes_are_sums_in_order(classes: int, sparse: bool) -> None:
    draw, names = np.random.default_rng(classes), ("a", "b", "c", "d", "e", "f")
    weights = draw.normal(size=(classes, len(names)))
    weights[0, 0] = 0.0
    arrays = {"weights": weights, "intercepts": draw.normal(size=classes)}
    params = {"multinomial": True, "classes": classes, "sparse": sparse}
    steps = (
        Step("assemble", "v", names, ("v",), {"invalid": "keep"}),
        Step("logistic", "l", ("v",), ("a", "b", "c"), params, arrays),
    )
    output = Output("raw", "vector", "c", "rawPrediction", classes)
    scorer = Scorer(
        Description(tuple(Field(name, "double") for name in names), (), steps, (output,)), raw=True
    )
    for _ in range(20):
        row = draw.normal(size=len(names)).tolist()
        sums = []
        for line, intercept in zip(weights.tolist(), arrays["intercepts"].tolist(), strict=True):
            total = line[0] * row[0]
            for weight, value in zip(line[1:], row[1:], strict=True):
                total += weight * value
            sums.append(total + intercept)
        assert scorer.score(dict(zip(names, row, strict=True)))["raw"] == sums
    with_infinity = scorer.score({**dict.fromkeys(names, 1.0), "a": inf})["raw"]
    assert (with_infinity[0] == with_infinity[0]) is sparse


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_step_is_refused_or_scores(name: str) -> None:
    draw, noise = random.Random(name), np.random.default_rng(7)
    original = description_of(name, SHORT)
    original_json = json.dumps(original.to_json())
    arrays = {f"0.{key}": array for key, array in original.steps[0].arrays.items()}
    rows, outcomes = rows_of(original)[:12], {"refused": 0, "scored": 0}
    for _ in range(250):
        edited, numbers = json.loads(original_json), dict(arrays)
        if numbers and draw.random() < 0.5:
            key = draw.choice(list(numbers))
            numbers[key] = disturbed(numbers[key], draw, noise)
        else:
            edit(edited["steps"], draw)
        with seconds(5):
            outcomes[outcome(edited, numbers, rows)] += 1
    assert min(outcomes.values()) > 5


def test_a_tree_of_centres_with_a_circle_is_refused() -> None:
    description = predictors(2)["bisecting"]
    arrays = dict(description.steps[0].arrays)
    for name, index, value in (("left", 0, 0), ("left", 1, 2), ("right", 1, 1), ("left", 0, 9)):
        array = arrays[name].copy()
        array[index] = value
        step = description.steps[0].__class__(
            "bisecting", "b", ("v",), ("a",), {"cosine": False}, arrays | {name: array}
        )
        with pytest.raises(ModelError, match="do not fit"):
            Scorer(Description(description.fields, (), (step,), description.outputs))


def test_doubles_overflow_and_divide_as_in_java() -> None:
    assert [exp(710.0), exp(-inf), exp(inf)] == [inf, 0.0, inf]
    assert [divide(1.0, 0.0), divide(1.0, -0.0), divide(-1.0, 0.0), divide(1.0, inf)] == [
        inf,
        -inf,
        -inf,
        0.0,
    ]
    assert repr([divide(0.0, 0.0), divide(nan, 0.0), exp(nan), power(-2.0, 0.5)]) == "[nan, nan, nan, nan]"
    assert [power(0.0, -1.0), power(1e300, 2.0), power(-inf, 3.0), power(4.0, 0.5)] == [inf, inf, -inf, 2.0]


def test_unknown_ids_are_dropped_and_other_numbers_refused() -> None:
    scorer = Scorer(others()["recommend"])
    rows = [(1, 7.0), (1, 8.0), (3, 7.0), (2**31, 7.0), (1, 7.5), (None, 7.0), (1, nan), (1, inf)]
    answers = [scorer.answer({"u": user, "i": item}) for user, item in rows]
    assert answers[1:] == ["dropped", "dropped", *["refused"] * 5]
    factors = scorer.description.steps[0].arrays
    total = np.float32(0.0)
    for a, b in zip(factors["user_factors"][1], factors["item_factors"][1], strict=True):
        total = np.float32(total + np.float32(a) * np.float32(b))
    assert answers[0] == {"a": float(total)}


def test_rules_add_each_item_once_and_none_that_is_present() -> None:
    scorer = Scorer(others()["rules"])
    rows = [["a"], ["a", "b"], [None], [], None, ["c", "a", "a"], ["z"]]
    expected = [["b"], ["c"], ["a"], [], [], ["b", None], []]
    assert [scorer.score({"w": row})["a"] for row in rows] == expected


def test_terms_that_cancel_out_are_added_in_one_order_in_rows_and_batches() -> None:
    draw = np.random.default_rng(3)
    # twenty pairs of huge terms whose sums are small
    halves = draw.normal(size=20) * 1e10
    weights = np.concatenate([halves, -halves])[draw.permutation(40)]
    step = Step(
        "linear", "s", ("v",), ("p",), {"sparse": False}, {"weights": weights, "intercept": np.array([0.5])}
    )
    description = Description(
        (Field("v", "vector", size=40),), (), (step,), (Output("p", "double", "p", "prediction"),)
    )
    scorer = Scorer(description)
    rows = [{"v": (1.0 + draw.normal(size=40) * 1e-9).tolist()} for _ in range(200)]
    assert [scorer.score(row)["p"] for row in rows] == scorer.score_batch(rows).columns["p"].tolist()
