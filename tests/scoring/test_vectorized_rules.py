"""Rules on a batch find the rows that the compiled row predicate finds."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.test_row_predicate import FIELDS, random_conditions, rows

from sparkops.errors import RowError
from sparkops.scoring.batch.columns import ScalarColumn
from sparkops.scoring.batch.dictionary_column import DictionaryColumn
from sparkops.scoring.batch.reader import read_slice
from sparkops.scoring.ir import conditions
from sparkops.scoring.ir.field import Field
from sparkops.scoring.ir.portable_rules import PortableRule, PortableRules
from sparkops.scoring.rules.row_predicate import compile_rules
from sparkops.scoring.rules.rule_monitor import RuleMonitor
from sparkops.scoring.rules.vectorized_rules import VectorizedRules

MORE = [Field("day", "date"), Field("f", "float"), Field("ok", "boolean")]
KNOWN = {field.name: field for field in (*FIELDS, *MORE)}
GOOD = {"x": 0.0, "y": 0.0, "s": ""}
DAYS = st.sampled_from([None, date(2013, 1, 1), date(2013, 2, 1)])
SINGLES = st.sampled_from([None, float("nan"), 0.1, 0.5, float(np.float32(0.1))])
wide = st.builds(
    lambda row, day, single, ok: {**row, "day": day, "f": single, "ok": ok},
    rows, DAYS, SINGLES, st.sampled_from([None, True, False]),
)  # fmt: skip
OTHERS = [
    conditions.Compare(">", conditions.ColumnRef("day"), conditions.Constant("2013-01-15")),
    conditions.Compare("<=", conditions.ColumnRef("f"), conditions.Constant(0.1)),
    conditions.IsIn(conditions.ColumnRef("f"), (0.5, None)),
    conditions.Compare("==", conditions.ColumnRef("ok"), conditions.Constant(True)),
    conditions.Not(conditions.IsNull(conditions.ColumnRef("f"))),
]


def watch(rules: list[conditions.RowRule], apply: Any = "count") -> RuleMonitor:
    facts: Any = {"table": "t", "place": "t.yml:1", "policy": "fail", "mostly": 1.0, "types": {}}
    portable_rules = [
        PortableRule(label=f"rule {index}", rule=rule, **facts) for index, rule in enumerate(rules)
    ]
    return RuleMonitor(PortableRules(rules=tuple(portable_rules)), list(KNOWN.values()), apply)


def as_numpy(values: list[Any], field: Field) -> Any:
    dtype = {"long": np.int64, "double": np.float64, "float": np.float64, "boolean": bool}.get(field.type)
    if dtype is None:
        return np.fromiter(values, dtype=object, count=len(values))
    null = [value is None for value in values]
    return np.ma.MaskedArray(np.array([0 if value is None else value for value in values], dtype=dtype), null)


def as_coded(values: list[Any], field: Field) -> Any:
    if field.type != "string":
        return as_numpy(values, field)
    words = list(dict.fromkeys([*values, "nowhere"]))
    codes = np.array([words.index(value) for value in values], dtype=np.int32)
    return DictionaryColumn(np.fromiter(words, dtype=object, count=len(words)), codes)


FORMS: dict[str, Any] = {"lists": lambda values, _: values, "NumPy": as_numpy, "coded": as_coded}


def violations(rule: conditions.RowRule, columns: dict[str, Any], size: int) -> list[int]:
    """Return the indices of the rows that violate a rule."""
    slices = {name: read_slice(KNOWN[name], values, 0, size) for name, values in columns.items()}
    assert all(isinstance(column, ScalarColumn) for column in slices.values())
    indices: list[int] = VectorizedRules([rule], list(KNOWN.values())).find_violations(slices, size).tolist()  # type: ignore[arg-type]
    return indices


@given(
    expects=st.lists(random_conditions | st.sampled_from(OTHERS), min_size=1, max_size=4),
    unless=st.none() | random_conditions,
    batch_rows=st.lists(wide, min_size=1, max_size=12),
    form=st.sampled_from(list(FORMS)),
)
@settings(max_examples=400)
def test_a_batch_has_the_violations_of_its_rows(
    expects: list[Any], unless: Any, batch_rows: list[dict[str, Any]], form: str
) -> None:
    rules = [
        conditions.RowRule(fields=tuple(KNOWN), expects=condition, unless=unless) for condition in expects
    ]
    columns = {name: FORMS[form]([row[name] for row in batch_rows], field) for name, field in KNOWN.items()}
    for rule in rules:
        alone = compile_rules([rule], KNOWN.values())
        wrong = [index for index, row in enumerate(batch_rows) if alone(row)]
        assert violations(rule, columns, len(batch_rows)) == wrong
    alone = compile_rules(rules, KNOWN.values())
    violated = [index for row in batch_rows for index in alone(row)]
    watched = watch(rules)
    watched.check_batch(columns, len(batch_rows))
    assert watched.counts == [violated.count(index) for index in range(len(rules))]


@pytest.mark.parametrize("constant", [2**53, 2**53 + 1, float(2**53), 2**63 - 1])
def test_integers_beyond_double_precision_are_compared_exactly(constant: Any) -> None:
    values = [2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
    tests: list[Any] = [
        conditions.Compare(op, conditions.ColumnRef("i"), conditions.Constant(constant))
        for op in ("<", "<=", ">", ">=", "==")
    ]
    for expects in (*tests, conditions.IsIn(conditions.ColumnRef("i"), (constant,))):
        rule = conditions.RowRule(fields=("i",), expects=expects)
        alone = compile_rules([rule], FIELDS)
        wrong = [index for index, value in enumerate(values) if alone({**GOOD, "i": value})]
        assert violations(rule, {"i": np.array(values)}, 4) == wrong


def low(bound: int) -> conditions.RowRule:
    return conditions.RowRule(
        fields=("i",), expects=conditions.Compare("<", conditions.ColumnRef("i"), conditions.Constant(bound))
    )


def test_rules_are_evaluated_up_to_the_first_unreadable_row() -> None:
    watched = watch([low(5)])
    watched.check_batch({"i": [9, "nine", 9]}, 3)
    assert watched.counts == [1]


def test_the_first_refused_row_is_named_by_its_position() -> None:
    with pytest.raises(RowError, match=r"^Row 20000: Field `i`: 20000 violates rule 0"):
        watch([low(20_000)], "refuse").check_batch({"i": np.arange(30_000)}, 30_000)
