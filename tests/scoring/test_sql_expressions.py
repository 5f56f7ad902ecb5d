"""SQL expressions of a description: values, errors and damaged input."""

from __future__ import annotations

import random
from math import nan
from typing import Any

import pytest

from sparkops.errors import ModelError, RowError, RowRejected
from sparkops.scoring import Description, Field, Output, Scorer, Step

X, N = {"op": "column", "type": "double", "value": "x"}, {"op": "column", "type": "integer", "value": "n"}


def integer_literal(value: int) -> dict[str, Any]:
    return {"op": "literal", "type": "integer", "value": value}


def op(name: str, type_: str, *args: int, **more: Any) -> dict[str, Any]:
    return {"op": name, "type": type_, "args": list(args), **more}


def described(*nodes: Any, where: Any = None, type_: str = "double") -> Description:
    steps = (
        [] if where is None else [Step("where", "SQL", ("x", "n"), (), {"nodes": where, "invalid": "skip"})]
    )
    steps.append(Step("select", "SQL `s1`", ("x", "n"), ("z",), {"nodes": list(nodes)}))
    fields = (Field("x", "double"), Field("n", "integer"))
    return Description(fields, (), tuple(steps), (Output("z", type_, "z", "column"),))


def both(description: Description, row: dict[str, Any]) -> Any:
    """Return the answer for a row, which must be the same in a batch."""
    scorer = Scorer(description)
    answer = scorer.score(row)["z"]
    assert [repr(item) for item in scorer.score_batch([row]).cells("z")] == [repr(answer)]
    return answer


def test_a_refused_row_names_stage_expression_and_values() -> None:
    scorer = Scorer(described(N, N, op("mul", "integer", 0, 1), type_="integer"))
    assert scorer.score({"x": 1.0, "n": 7}) == {"z": 49}
    message = r"Expression `\(n \* n\)` overflows integer \(10000000000\), with n = 100000 \(SQL `s1`\)\."
    with pytest.raises(RowError, match=message) as raised:
        scorer.score({"x": 1.0, "n": 100_000})
    assert (raised.value.field, raised.value.value) == ("n", 100_000)
    with pytest.raises(RowError, match="Row 1: Expression"):
        scorer.score_batch([{"x": 1.0, "n": 2}, {"x": 1.0, "n": 100_000}])


def test_null_and_nan_are_distinguished_in_expressions() -> None:
    zero = {"op": "literal", "type": "double", "value": "0x0.0p+0"}
    larger = described(X, zero, op("gt", "boolean", 0, 1), type_="boolean")
    assert both(larger, {"x": nan, "n": 1}) is True
    assert both(larger, {"x": None, "n": 1}) is None
    assert both(described(X, zero, op("add", "double", 0, 1)), {"x": None, "n": 1}) is None


def test_a_condition_that_is_null_drops_the_row() -> None:
    scorer = Scorer(described(X, where=[N, integer_literal(2), op("eq", "boolean", 0, 1)]))
    assert scorer.score({"x": 1.0, "n": 2}) == {"z": 1.0}
    for n in (1, None):
        with pytest.raises(RowRejected, match=r"leaves out rows for which `\(n = 2\)` does not hold"):
            scorer.score({"x": 1.0, "n": n})
    batch = scorer.score_batch([{"x": 1.0, "n": n} for n in (2, 1, None)])
    assert batch.rejected.tolist() == [False, True, True]


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        ["x"],
        [X, op("add", "double", 0, 1)],
        [X, op("add", "double", 0, 0), op("launch", "double", 0)],
        [X, N, op("add", "double", 0, 1)],
        [{"op": "column", "type": "integer", "value": "x"}, op("neg", "integer", 0)],
        [{"op": "column", "type": "double", "value": "elsewhere"}, op("neg", "double", 0)],
        [{"op": "literal", "type": "double", "value": "import os"}],
        [{"op": "literal", "type": "integer", "value": 2**31}],
        [{"op": "literal", "type": "decimal(99,1)", "value": "1"}],
        [{"op": "literal", "type": "string", "value": "a"}, op("like", "boolean", 0, value=["!", "!"])],
        [X, op("round", "double", 0, value=10**9)],
        [X, *(op("add", "double", index, index) for index in range(20))],
        [X, *(op("neg", "double", index) for index in range(40))],
        [{"op": "variable", "type": "double", "value": "p"}, op("neg", "double", 0)],
        [X, op("array", "array<double>", 0), op("transform", "array<double>", 1, 0)],
        [X, op("array", "array<double>", 0), op("transform", "array<double>", 1, 0, value=["p", "p"])],
        [X, op("array", "array<double>", 0), op("filter", "array<double>", 1, 0, value=["p"])],
        [X, op("cast", "string", 0)],
        [X, op("cast", "string", 0, value="17")],
        [X, op("cast", "timestamp", 0, value="Nowhere/City")],
        [{"op": "literal", "type": "string", "value": "a"}, op("rlike", "boolean", 0, value=["(a+)+"])],
        [
            {"op": "literal", "type": "string", "value": "a"},
            op("to_timestamp", "timestamp", 0, value=["e", "UTC"]),
        ],
    ],
)
def test_damaged_expressions_are_refused_on_load(nodes: list[Any]) -> None:
    with pytest.raises(ModelError, match=r"SQL `s1`"):
        Scorer(described(*nodes))


def test_mutated_expressions_are_refused_or_run() -> None:
    draw = random.Random(3)
    nodes = [
        X,
        N,
        integer_literal(3),
        op("add", "integer", 1, 2),
        op("cast", "double", 3),
        op("mul", "double", 0, 4),
    ]
    values = [0, 1, 5, -1, "add", "double", "string", None, [], {}, 1.5, True, "nan", [0, 1], "decimal(3,1)"]
    outcomes = {"run": 0, "refused": 0}
    for _ in range(600):
        changed = [dict(node) for node in nodes]
        changed[draw.randrange(6)][draw.choice(["op", "type", "args", "value"])] = draw.choice(values)
        try:
            Scorer(described(*changed)).score({"x": 1.0, "n": 2})
            outcomes["run"] += 1
        except (ModelError, RowError):
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 30
