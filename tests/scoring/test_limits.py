"""A model that declares, or would make of a row, what does not fit in memory or takes too long is refused; others count nothing."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sparkops.errors import ModelError, RowError
from sparkops.scoring import Description, Field, Output, Scorer, Step
from sparkops.scoring.ir.growth import INPUT, MAX_BATCH_UNITS, MAX_TEXT, Bound
from sparkops.scoring.ir.portable_rules import PortableRules
from sparkops.scoring.sql.expression import Expression, expression_to_json, make_expression
from sparkops.scoring.sql.growth import find_growth
from sparkops.scoring.stages.feature.text.n_gram import _spend

FIELDS = (Field("x", "string"), Field("n", "integer"), Field("a", "array<long>"), Field("t", "array<string>"))
# Bytes that scoring one row may take: a few of the largest texts.
MOST_BYTES = 6 * MAX_TEXT
ROW: dict[str, Any] = {"x": "a", "n": 2**31 - 1, "a": [1] * 100, "t": ["a"] * 3000}


def call(op: str, type_: str, *args: Expression, value: Any = None) -> Expression:
    return make_expression(op, type_, args, value)


def column(name: str, type_: str) -> Expression:
    return call("column", type_, value=name)


def literal(value: Any, type_: str = "integer") -> Expression:
    return call("literal", type_, value=value)


def variable(name: str, type_: str) -> Expression:
    return call("variable", type_, value=name)


X, N, A, T = (
    column("x", "string"),
    column("n", "integer"),
    column("a", "array<long>"),
    column("t", "array<string>"),
)


def select(tree: Expression, name: str = "y", inputs: tuple[str, ...] = ("x", "n", "a", "t")) -> Step:
    nodes = json.loads(json.dumps(expression_to_json(tree)))
    return Step("select", f"SQLTransformer `{name}`", inputs, (name,), {"nodes": nodes}, {})


def model(
    *steps: Step,
    fields: tuple[Field, ...] = FIELDS,
    output: str = "y",
    type_: str = "string",
    size: int | None = None,
) -> Description:
    outputs = (Output(output, type_, output, "column", size),)
    return Description(fields, (), steps, outputs, None, ("Stage",))


def nested(op: str, times: int, *more: Expression, tree: Expression = X) -> Expression:
    for _ in range(times):
        tree = call(op, "string", tree, *more)
    return tree


def loops(depth: int) -> Expression:
    body = variable("i0", "long")
    for level in range(depth):
        added = call("add", "long", variable(f"s{level}", "long"), body)
        body = call("aggregate", "long", A, literal(0, "long"), added, value=(f"s{level}", f"i{level}"))
    return call("transform", "array<long>", A, body, value=("w",))


def chain(op: str, times: int, make: Callable[[Expression], tuple[Expression, ...]]) -> tuple[Step, ...]:
    names = ["x", *(f"c{number}" for number in range(1, times)), "y"]
    return tuple(
        select(call(op, "string", *make(column(before, "string"))), after, (before,))
        for before, after in pairwise(names)
    )


DOUBLED = call("concat", "string", variable("s", "string"), variable("s", "string"))
BOMBS: Mapping[str, tuple[Step, ...]] = {
    "a text in itself, 30 times": chain("concat", 30, lambda text: (text, text)),
    "a text in itself within a loop": (select(call("aggregate", "string", A, X, DOUBLED, value=("s", "i"))),),
    "repeat by a constant": (select(call("repeat", "string", X, literal(10**9))),),
    "repeat by a column": (select(call("repeat", "string", X, N)),),
    "repeat of repeat": chain("repeat", 12, lambda text: (text, literal(60))),
    "rpad": (select(call("rpad", "string", X, literal(2 * 10**9), literal("z", "string"))),),
    "lpad by a column": (select(call("lpad", "string", X, N, X)),),
    "space": (select(call("space", "string", N)),),
    "replace by a longer text": (
        select(nested("replace", 8, literal("a", "string"), literal("a" * 100, "string"))),
    ),
    "hexadecimal digits of their digits": (select(nested("hex", 28)),),
    "regexp_replace": (select(call("regexp_replace", "string", call("repeat", "string", X, literal(10**6)), value=("a", "b" * 1000))),),
    "mask": (select(call("mask", "string", call("repeat", "string", X, literal(10**6)), value=("b" * 1000, "b", "b", "b"))),),
    "separators": (select(call("concat_ws", "string", call("repeat", "string", X, literal(10**6)), *[X] * 1000)),),
    "array_join": (
        select(call("array_join", "string", call("array_repeat", "array<string>", X, literal(10**6)), call("repeat", "string", X, literal(1000)))),
    ),
    "repeat for each element": (
        select(
            call("array_join", "string",
                 call("transform", "array<string>", T, call("repeat", "string", variable("v", "string"), literal(10**6)), value=("v",)),
                 literal("", "string"))
        ),
    ),
}  # fmt: skip
ARRAY_BOMBS: Mapping[str, Expression] = {
    "array_repeat": call("array_repeat", "array<long>", literal(1, "long"), N),
    "sequence": call("sequence", "array<long>", literal(0, "long"), literal(2 * 10**9, "long")),
    "sequence downwards": call("sequence", "array<long>", literal(10**12, "long"), literal(0, "long"), literal(-1, "long")),
    "insertion": call("array_insert", "array<long>", A, literal(2**31 - 17), literal(1, "long")),
    "insertion from the end": call("array_insert", "array<long>", A, literal(20 - 2**31), literal(1, "long")),
    "concatenation": call("array_concat", "array<long>", *[call("array_repeat", "array<long>", literal(1, "long"), literal(10**6))] * 30),
    "loops in loops": loops(6),
}  # fmt: skip


def refuses(score: Callable[[], Any]) -> str:
    """Return the message of the refusal, which takes little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(RowError) as error:
            score()
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    return str(error.value)


@pytest.mark.parametrize("name", BOMBS)
def test_a_text_that_does_not_fit_refuses_the_row(name: str) -> None:
    scorer = Scorer(model(*BOMBS[name]))
    for score in (lambda: scorer.score(ROW), lambda: scorer.score_batch([ROW])):
        assert "makes a" in (message := refuses(score)) or "makes texts" in message


@pytest.mark.parametrize("name", ARRAY_BOMBS)
def test_an_array_that_does_not_fit_refuses_the_row(name: str) -> None:
    tree = ARRAY_BOMBS[name]
    scorer = Scorer(model(select(tree), type_="array<long>"))
    for score in (lambda: scorer.score(ROW), lambda: scorer.score_batch([ROW])):
        assert "makes a" in (message := refuses(score)) or "makes texts" in message


def test_ordinary_answers_of_such_functions_are_the_same() -> None:
    row = {**ROW, "n": 3}
    trees = {
        call("repeat", "string", X, N): "aaa",
        call("rpad", "string", X, N, literal("z", "string")): "azz",
        call("concat_ws", "string", X, X, call("repeat", "string", X, N)): "aaaaa",
        call("regexp_replace", "string", call("repeat", "string", X, N), value=("a", "b$0")): "bababa",
        call("replace", "string", call("repeat", "string", X, N), X, call("repeat", "string", X, N)): "a" * 9,
        call("array_join", "string", call("array_repeat", "array<string>", X, N), X): "aaaaa",
    }
    for tree, expected in trees.items():
        scorer = Scorer(model(select(tree)))
        assert find_growth(tree, {}).is_counted
        assert scorer.score(row) == {"y": expected}
        assert scorer.score_batch([row, {**row, "x": None}]).rows()[0] == {"y": expected}


@pytest.mark.parametrize(
    "tree",
    [
        X,
        call("upper", "string", X),
        call("concat", "string", X, literal("-", "string"), X),
        call("concat_ws", "string", literal(", ", "string"), X, X),
        call("replace", "string", X, literal("a", "string"), literal("bb", "string")),
        call("rpad", "string", X, literal(20), literal(" ", "string")),
        call("size", "integer", T),
        call("transform", "array<long>", A, variable("v", "long"), value=("v",)),
    ],
)
def test_an_expression_that_makes_little_counts_nothing(tree: Expression) -> None:
    assert not find_growth(tree, {}).is_counted
    assert find_growth(tree, {"x": Bound(1000, 0)}).is_counted is (tree.type == "string")


def test_rows_that_make_much_together_are_refused_together() -> None:
    scorer = Scorer(model(select(call("repeat", "string", X, literal(MAX_TEXT // 2)))))
    assert len(scorer.score(ROW)["y"]) == MAX_TEXT // 2
    with pytest.raises(RowError, match="of these rows: score fewer rows at once"):
        scorer.score_batch([ROW] * (2 * MAX_BATCH_UNITS // MAX_TEXT + 1))


def test_all_steps_of_a_row_have_one_budget() -> None:
    padded = (select(call("rpad", "string", X, literal(MAX_TEXT // 3), X), f"y{n}", ("x",)) for n in range(4))
    scorer = Scorer(model(*padded, output="y3"), outputs=["y0", "y1", "y2", "y3"])
    assert "more than 67,108,864 characters together" in refuses(lambda: scorer.score(ROW))


def ngrams(count: int, n: int) -> Description:
    steps = [
        Step("ngram", f"NGram `{i}`", (f"t{i}" if i else "t",), (f"t{i + 1}",), {"n": n}, {})
        for i in range(count)
    ]
    return model(*steps, output=f"t{count}", type_="array<string>")  # fmt: skip


@pytest.mark.parametrize(("count", "n"), [(30, 3), (1, 2000), (2, 2**31 - 1)])
def test_sequences_of_tokens_are_bounded(count: int, n: int) -> None:
    row = {**ROW, "t": ["a"] * 200_000}
    scorer = Scorer(ngrams(count, n))
    for score in (lambda: scorer.score(row), lambda: scorer.score_batch([row])):
        assert "make texts of more than" in refuses(score)
    assert scorer.score({**row, "t": ["a"] * 3})
    assert _spend(ngrams(1, 5).steps[0], None, [0]) == 0


VECTOR = (Field("v", "vector", size=2**40),)
HASHED = Step("hash_words", "HashingTF `h`", ("t",), ("u",), {"size": 2**24, "type": "string"}, {})
DECLARED: Mapping[str, Description] = {
    "a field of 2**40": model(fields=VECTOR, output="v", type_="vector"),
    "a field of -1": model(fields=(Field("v", "vector", size=-1),), output="v", type_="vector"),
    "VectorSizeHint": model(
        Step("vector_size", "VectorSizeHint", ("v",), ("y",), {"size": 2**40, "invalid": "error"}, {}), fields=VECTOR
    ),
    "HashingTF": model(Step("hash_words", "HashingTF", ("t",), ("y",), {"size": 2**40, "type": "string"}, {})),
    "FeatureHasher": model(Step("hash_features", "F", ("x",), ("y",), {"size": 2**40, "types": ["string"], "names": []}, {})),
    "VectorAssembler": model(HASHED, Step("assemble", "V", ("u",) * 1000, ("y",), {"invalid": "error"}, {})),
    "OneHotEncoder": model(Step("one_hot", "O", ("n",), ("y",), {"categories": 2**40, "keep": False, "drop_last": False}, {})),
    "many vectors": model(*(Step("hash_words", "H", ("t",), (f"u{i}",), HASHED.params, {}) for i in range(9)), output="u0", type_="vector"),
    "PolynomialExpansion": model(
        Step("polynomial", "P", ("v",), ("y",), {"size": 500, "degree": 16, "stored": "dense"}, {}), fields=(Field("v", "vector", size=500),)
    ),
    "DCT": model(Step("dct", "D", ("v",), ("y",), {"size": 2**20, "inverse": False}, {}), fields=(Field("v", "vector", size=2**20),)),
    "Interaction": model(Step("interact", "I", ("n",) * 3, ("y",), {"sizes": [[1024]] * 3, "stored": ["dense"] * 3}, {})),
    "steps": model(*(select(call("upper", "string", X), f"y{i}", ("x",)) for i in range(20_001)), output="y1"),
}  # fmt: skip


@pytest.mark.parametrize("name", DECLARED)
def test_a_size_that_is_declared_is_refused_when_the_model_is_loaded(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ModelError):
            Scorer(DECLARED[name])
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def test_outputs_of_many_rows_that_do_not_fit_are_refused() -> None:
    scorer = Scorer(model(HASHED, output="u", type_="vector", size=2**24))
    assert len(scorer.score(ROW)["u"]) == 2**24
    with pytest.raises(
        RowError, match=r"The outputs of 64 rows have 1,073,741,824 numbers.*score fewer rows"
    ):
        scorer.score_batch([ROW] * 64)


@pytest.mark.parametrize("kind", ["Every", "Some"])
@pytest.mark.parametrize("place", ["expects", "unless"])
def test_a_rule_of_very_many_comparisons_is_refused(kind: str, place: str) -> None:
    comparison = {
        "is": "Compare",
        "op": "<",
        "left": {"is": "Field", "name": "n"},
        "right": {"is": "Value", "value": 5},
    }

    def rules(count: int, number: int = 1) -> dict[str, Any]:
        rule = {"is": "RowRule", "fields": ["n"], "expects": comparison, "unless": None, "where": None}
        rule[place] = {"is": kind, "conditions": [comparison] * count}
        item = {
            "label": "l",
            "table": "t",
            "place": "p",
            "policy": "fail",
            "mostly": 1.0,
            "types": {"n": "integer"},
            "rule": rule,
        }
        return {"rules": [item] * number, "left_out": []}  # fmt: skip

    assert PortableRules.from_json(rules(1000)).rules
    for item in (rules(200_000), rules(1000, 1000)):
        with pytest.raises(ModelError, match="conditions and operands"):
            PortableRules.from_json(item)


def test_a_wide_sparse_vector_is_scored_in_small_parts() -> None:
    narrow = Scorer(
        model(
            Step(HASHED.op, "H", ("t",), ("u",), {**HASHED.params, "size": 2**18}, {}),
            output="u",
            type_="vector",
        )
    )
    wide = Scorer(model(HASHED, output="u", type_="vector"))
    assert wide._chunk_rows < narrow._chunk_rows  # fmt: skip
    assert INPUT.is_small
    assert np.isfinite(INPUT.factor)
