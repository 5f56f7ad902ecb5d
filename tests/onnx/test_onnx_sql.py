"""SQL expressions give the same values in onnxruntime as in the scorer, and fail for the same rows."""

from __future__ import annotations

from math import inf, nan
from random import Random
from typing import Any

import pytest

from sparkops.compiler.sql.select import compile_select
from sparkops.onnx import list_unsupported, to_onnx
from sparkops.onnx.verification import score_cases, verify
from sparkops.scoring import Description, Field, Output, Scorer, Step
from sparkops.scoring.sql.expression import Expression, expression_to_json, find_referenced_columns

TYPES = {
    "x": "double", "h": "double", "f": "float", "n": "integer", "l": "long", "s": "short", "b": "boolean", "c": "string",
}  # fmt: skip
VALUES: dict[str, tuple[Any, ...]] = {
    "x": (0.0, -0.0, 1.0, -2.5, nan, inf, -inf, None, 1e300, 2.0**31, 0.7, 9.3e18, -1e19),
    "h": (0.0, 1.0, -1.0, 2.0, nan, None, 0.5, inf, -inf),
    "f": (0.0, 0.1, 3e38, None, nan, -1e10, inf),
    "n": (0, 1, 3, -(2**31), 2**31 - 1, None, 50_000),
    "l": (0, 2**62, -(2**63), None, 3, 2**63 - 1),
    "s": (0, 3, -(2**15), 2**15 - 1, None, 200),
    "b": (True, False, None),
    "c": ("a", "b", "", None, "zz"),
}
TOTAL = (
    "x + h", "x * h - h", "-x", "abs(x)", "x > h", "x >= h", "x < h", "x <= h", "x = h", "x <=> h", "x <> h", "n = s",
    "b AND x > 0", "b OR x > 0", "NOT b", "x IS NULL", "isnan(x)", "nanvl(x, h)", "coalesce(x, h)", "coalesce(b, false)",
    "CASE WHEN x > 0.5D THEN 'high' WHEN x > -0.5D THEN 'mid' END", "CASE WHEN b THEN n ELSE s END", "nullif(c, 'a')",
    "c IN ('a', 'b')", "n IN (1, 2, 3)", "c = 'a'", "c <=> NULL", "l < n", "CAST(n AS double)", "CAST(x AS float)",
    "CAST(b AS int)", "CAST(x AS boolean)", "CAST(n AS float)", "f + f", "f * 2F", "sqrt(x)", "exp(x)", "ln(x)",
    "pow(x, h)", "floor(x)", "ceil(x)", "greatest(x, h, n)", "least(n, s)", "true", "1D", "NULL IS NULL", "(x > 0) <=> b",
)  # fmt: skip
PARTIAL = (
    "x / h", "n * n", "n - s", "s * s", "-n", "abs(n)", "-s", "l + l", "l - n", "l + 1", "-l", "abs(l)", "n % s", "x % h", "CAST(x AS int)", "coalesce(x / h, 1D)", "coalesce(h, x / 0D)",
    "IF(b, x / h, h)", "b AND x / h > 0", "b OR x / h > 0", "(x / h > 0) AND b", "greatest(x / h, h)",
)  # fmt: skip


def selecting(*expressions: str, condition: str = "true") -> Description:
    names = {expression: f"o{index}" for index, expression in enumerate(expressions)}
    items = ", ".join(f"{expression} AS {name}" for expression, name in names.items())
    selected = compile_select(f"SELECT *, {items} FROM __THIS__ WHERE {condition}", TYPES)
    steps = [_step("where", tree) for tree in selected.conditions]
    steps += [_step("select", tree, name) for name, tree in selected.computed]
    outputs = tuple(Output(name, tree.type, name, "column") for name, tree in selected.computed)
    return Description(tuple(Field(*pair) for pair in TYPES.items()), (), tuple(steps), outputs)


def _step(op: str, tree: Expression, *outputs: str) -> Step:
    return Step(
        op,
        "SQLTransformer `q`",
        tuple(find_referenced_columns(tree)),
        outputs,
        {"nodes": expression_to_json(tree), "invalid": "skip"},
    )


@pytest.mark.parametrize(
    "expressions", [TOTAL, *((expression,) for expression in PARTIAL)], ids=lambda expression: expression[0]
)
def test_expressions_are_evaluated_and_failing_rows_are_unscored(expressions: Any) -> None:
    draw = Random(1)
    rows = [{name: draw.choice(values) for name, values in VALUES.items()} for _ in range(150)]
    description = selecting(*expressions)
    proved = verify(description, to_onnx(description), score_cases(Scorer(description), rows))
    assert 0 < proved.unscored < proved.rows if expressions is not TOTAL else proved.unscored == 0


def test_rows_that_a_condition_drops_are_not_scored_and_what_has_no_form_in_an_expression_is_named() -> None:
    draw = Random(2)
    rows = [{name: draw.choice(values) for name, values in VALUES.items()} for _ in range(80)]
    description = selecting("x", condition="x > -1 AND (c <> 'b' OR c IS NULL)")
    cases = score_cases(Scorer(description), rows)
    proved = verify(description, to_onnx(description), cases)
    assert proved.unscored == [answer for _, answer in cases].count("dropped") > 20
    for expression, reason in (
        ("upper(c)", "`upper` of string"),
        ("l * 2", "`mul` of long"),
        ("n * 0.5", "decimal"),
    ):
        (reasons,) = list_unsupported(selecting(expression))
        assert reasons.startswith("SQLTransformer `q`: its expression holds")
        assert reason in reasons
