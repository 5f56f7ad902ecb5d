"""Random SQL expressions on random rows have Spark's types and values, and fail where Spark fails."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parity.random_sql import expression, rows
from parity.sql_comparison import SqlComparison, compare

pytestmark = pytest.mark.spark


# fifty expressions at once: shrinking one would cost more than reading its message
@given(st.integers(0, 2**32 - 1))
@settings(
    max_examples=3,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_expressions_have_the_types_and_values_of_spark(spark: Any, seed: int) -> None:
    draw, result = Random(seed), SqlComparison()
    compare(
        spark,
        [expression(draw, draw.choice([1, 2, 2, 3])) for _ in range(50)],
        rows(draw, 24),
        result,
        singly=4,
    )
    assert result.wrong == []
    assert result.compared > 35
    assert len(result.uncompiled) < 8
