"""Rules as JSON: read back unchanged, and refused if damaged."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from sparkops.errors import ModelError
from sparkops.scoring.ir.conditions import (
    And,
    ColumnRef,
    Compare,
    Constant,
    IsIn,
    IsNull,
    Length,
    Matches,
    Not,
    NullSafeEqual,
    Or,
    RowRule,
    Sum,
)
from sparkops.scoring.ir.rule_serialization import rule_from_json, rule_to_json

A, B = ColumnRef("a"), ColumnRef("`b.c`")
RULE = RowRule(
    fields=("a", "`b.c`"),
    expects=And(
        (
            Compare(">=", A, Constant(date(2013, 1, 1))),
            Compare("<", Length(B), Constant(3.5)),
            Or((NullSafeEqual(A, B), Not(IsIn(A, (1, None, "x", True))), Matches(B, "^a|b$"))),
            Compare("==", Sum((A, B), (True, False)), Constant(Decimal("1.10"))),
            Compare(">", A, Constant(datetime(2013, 1, 1, 12))),
        )
    ),
    unless=IsNull(A),
    where="a > 1",
)


def test_a_rule_is_read_back_from_json() -> None:
    assert rule_from_json(json.loads(json.dumps(rule_to_json(RULE)))) == RULE


@pytest.mark.parametrize(
    "damaged",
    [
        {"is": "Os"},
        {"name": "a"},
        {"is": "Field"},
        {"is": "Field", "name": "a", "more": 1},
        {"is": "date", "text": "x"},
    ],
)
def test_a_damaged_rule_is_refused(damaged: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="damaged"):
        rule_from_json(damaged)


def test_a_rule_nested_too_deep_is_refused() -> None:
    deep: dict[str, object] = {"is": "Missing", "operand": {"is": "Field", "name": "a"}}
    for _ in range(40):
        deep = {"is": "Not", "condition": deep}
    with pytest.raises(ModelError, match="too deep"):
        rule_from_json(deep)


def test_a_constant_without_json_form_is_refused() -> None:
    with pytest.raises(ModelError, match="cannot hold"):
        rule_to_json(Constant(object()))
