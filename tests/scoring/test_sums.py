"""Sums are rounded after each term, on every version of Python."""

from __future__ import annotations

import pytest

from sparkops.scoring.kernels import sums


@pytest.mark.parametrize("add_all", [sums.sum_in_order, sums._add_in_order])
def test_rounding_errors_are_not_compensated(add_all) -> None:
    assert add_all([1e16, 1.0, -1e16]) == 0.0
    assert add_all([0.1] * 10) == 0.9999999999999999
    assert add_all([]) == 0
