"""Values are compared with one rule of tolerance."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from sparkops.core.tolerance import are_close


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1.0, 1.0 + 1e-12),
        (1, 1.0 + 1e-12),
        (nan, nan),
        (inf, inf),
        ("a", "a"),
        (None, None),
        ([1.0, {"a": nan}], (1.0 + 1e-12, {"a": nan})),
    ],
)
def test_values_within_the_tolerance_are_close(first: Any, second: Any) -> None:
    assert are_close(first, second, 1e-9)
    assert are_close(second, first, 1e-9)


@pytest.mark.parametrize(
    ("first", "second"),
    [(1.0, 1.1), (1, 2), (nan, 1.0), (1.0, None), (1.0, "1.0"), ([1.0], [1.0, 2.0]), ({"a": 1}, {"b": 1})],
)
def test_other_values_are_not_close(first: Any, second: Any) -> None:
    assert not are_close(first, second, 1e-9)
    assert not are_close(second, first, 1e-9)
