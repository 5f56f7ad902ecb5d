"""Compiled rules agree with a simple interpreter of their conditions."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isnan, nan
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sparkops.scoring.ir import conditions
from sparkops.scoring.ir.field import Field
from sparkops.scoring.rules.row_predicate import compile_rules

FIELDS = [Field("i", "long"), Field("x", "double"), Field("y", "double"), Field("s", "string")]
NUMBERS = st.sampled_from([0, 1, -3, 2.5, -0.0, 1e300])
COLUMNS = [conditions.ColumnRef(name) for name in "ixy"]
operands = st.one_of(
    st.sampled_from(COLUMNS),
    st.builds(conditions.Constant, NUMBERS),
    st.just(conditions.Length(conditions.ColumnRef("s"))),
    st.just(conditions.Sum((COLUMNS[0], COLUMNS[1]), (True, False))),
)
leaves = st.one_of(
    st.builds(conditions.Compare, st.sampled_from(["<", "<=", ">", ">=", "=="]), operands, operands),
    st.builds(conditions.NullSafeEqual, operands, operands),
    st.builds(conditions.IsIn, st.sampled_from(COLUMNS), st.sampled_from([(0, 1), (2.5, None), (-3, 0.0)])),
    st.builds(conditions.IsNull, st.sampled_from(COLUMNS)),
    st.builds(conditions.Matches, st.just(conditions.ColumnRef("s")), st.sampled_from(["a$", "^a|b", "^$"])),
)
random_conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(conditions.Not, inner),
        st.builds(conditions.And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(conditions.Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
reals = st.sampled_from([None, nan, inf, -inf, 0.0, 1.0, 2.5])
rows = st.fixed_dictionaries(
    {
        "i": st.sampled_from([None, 0, 1, -3]),
        "x": reals,
        "y": reals,
        "s": st.sampled_from([None, "", "a\n", "b", "é\r\na"]),
    }
)


@given(expects=random_conditions, unless=st.none() | random_conditions, row=rows)
@settings(max_examples=400)
def test_a_compiled_rule_agrees_with_an_interpreter(expects: Any, unless: Any, row: dict[str, Any]) -> None:
    rule = conditions.RowRule(fields=("x",), expects=expects, unless=unless)
    skipped = unless is not None and truth(unless, row) is not False
    assert compile_rules([rule], FIELDS)(row) == ([0] if not skipped and truth(expects, row) is False else [])


def truth(node: Any, row: Mapping[str, Any]) -> bool | None:
    """Evaluate a condition by SQL's three-valued logic."""
    match node:
        case conditions.Not(inner):
            inner_truth = truth(inner, row)
            return None if inner_truth is None else not inner_truth
        case conditions.And(parts):
            truths = [truth(part, row) for part in parts]
            return False if False in truths else None if None in truths else True
        case conditions.Or(parts):
            truths = [truth(part, row) for part in parts]
            return True if True in truths else None if None in truths else False
        case _:
            return leaf(node, row)


def leaf(node: Any, row: Mapping[str, Any]) -> bool | None:
    """Evaluate a condition that contains no other."""
    match node:
        case conditions.IsNull(inner):
            return value(inner, row) is None
        case conditions.Compare(op, left, right):
            return compared(op, value(left, row), value(right, row))
        case conditions.NullSafeEqual(left, right):
            a, b = value(left, row), value(right, row)
            return a is b is None or bool(compared("==", a, b))
        case conditions.IsIn(inner, values):
            equal = [compared("==", value(inner, row), other) for other in values]
            return True if True in equal else None if None in equal else False
        case conditions.Matches(inner, regex):
            return None if value(inner, row) is None else (regex, value(inner, row)) in MATCHING
    raise AssertionError(node)


# As Java matches them: `$` also matches before a final line terminator.
MATCHING = {("a$", "a\n"), ("a$", "é\r\na"), ("^a|b", "a\n"), ("^a|b", "b"), ("^$", "")}


def value(node: Any, row: Mapping[str, Any]) -> Any:
    match node:
        case conditions.ColumnRef(name):
            return row[name]
        case conditions.Constant(constant):
            return constant
        case conditions.Length(inner):
            return None if value(inner, row) is None else len(value(inner, row))
        case conditions.Sum(parts, _):
            return sum(value(part, row) or 0 for part in parts)
    raise AssertionError(node)


def compared(op: str, left: Any, right: Any) -> bool | None:
    """Compare as Spark does: NaN as a number above infinity."""
    if left is None or right is None:
        return None
    a, b = ((isnan(one), 0.0 if isnan(one) else float(one)) for one in (left, right))
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b}[op]
