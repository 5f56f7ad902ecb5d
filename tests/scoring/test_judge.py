"""The judge's written function says what a plain reading of the tree says, with nulls unknown and NaN above all."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isnan, nan
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sparkops.scoring.field import Field
from sparkops.scoring.rules import tree
from sparkops.scoring.rules.judge import judge

FIELDS = [Field("i", "long"), Field("x", "double"), Field("y", "double"), Field("s", "string")]
NUMBERS = st.sampled_from([0, 1, -3, 2.5, -0.0, 1e300])
COLUMNS = [tree.Field(name) for name in "ixy"]
operands = st.one_of(
    st.sampled_from(COLUMNS),
    st.builds(tree.Value, NUMBERS),
    st.just(tree.Length(tree.Field("s"))),
    st.just(tree.Total((COLUMNS[0], COLUMNS[1]), (True, False))),
)
leaves = st.one_of(
    st.builds(tree.Compare, st.sampled_from(["<", "<=", ">", ">=", "=="]), operands, operands),
    st.builds(tree.Same, operands, operands),
    st.builds(tree.Among, st.sampled_from(COLUMNS), st.sampled_from([(0, 1), (2.5, None), (-3, 0.0)])),
    st.builds(tree.Missing, st.sampled_from(COLUMNS)),
    st.builds(tree.Matches, st.just(tree.Field("s")), st.sampled_from(["a$", "^a|b", "^$"])),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(tree.Not, inner),
        st.builds(tree.Every, st.lists(inner, max_size=3).map(tuple)),
        st.builds(tree.Some, st.lists(inner, max_size=3).map(tuple)),
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


@given(expects=conditions, unless=st.none() | conditions, row=rows)
@settings(max_examples=400, deadline=None)
def test_a_row_is_judged_as_the_tree_is_read(expects: Any, unless: Any, row: dict[str, Any]) -> None:
    rule = tree.RowRule(fields=("x",), expects=expects, unless=unless)
    skipped = unless is not None and truth(unless, row) is not False
    assert judge([rule], FIELDS)(row) == ([0] if not skipped and truth(expects, row) is False else [])


def truth(node: Any, row: Mapping[str, Any]) -> bool | None:
    """Read a condition by SQL's three answers."""
    match node:
        case tree.Not(inner):
            told = truth(inner, row)
            return None if told is None else not told
        case tree.Every(parts):
            told = [truth(part, row) for part in parts]
            return False if False in told else None if None in told else True
        case tree.Some(parts):
            told = [truth(part, row) for part in parts]
            return True if True in told else None if None in told else False
        case _:
            return leaf(node, row)


def leaf(node: Any, row: Mapping[str, Any]) -> bool | None:
    """Read a condition that holds no other."""
    match node:
        case tree.Missing(inner):
            return value(inner, row) is None
        case tree.Compare(op, left, right):
            return compared(op, value(left, row), value(right, row))
        case tree.Same(left, right):
            a, b = value(left, row), value(right, row)
            return a is b is None or bool(compared("==", a, b))
        case tree.Among(inner, values):
            told = [compared("==", value(inner, row), other) for other in values]
            return True if True in told else None if None in told else False
        case tree.Matches(inner, regex):
            return None if value(inner, row) is None else (regex, value(inner, row)) in FOUND
    raise AssertionError(node)


# As Java finds them: `$` stands before the last line's end, too.
FOUND = {("a$", "a\n"), ("a$", "é\r\na"), ("^a|b", "a\n"), ("^a|b", "b"), ("^$", "")}


def value(node: Any, row: Mapping[str, Any]) -> Any:
    match node:
        case tree.Field(name):
            return row[name]
        case tree.Value(constant):
            return constant
        case tree.Length(inner):
            return None if value(inner, row) is None else len(value(inner, row))
        case tree.Total(parts, _):
            return sum(value(part, row) or 0 for part in parts)
    raise AssertionError(node)


def compared(op: str, left: Any, right: Any) -> bool | None:
    """Compare as Spark does: NaN as a number above infinity."""
    if left is None or right is None:
        return None
    a, b = ((isnan(one), 0.0 if isnan(one) else float(one)) for one in (left, right))
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b}[op]
