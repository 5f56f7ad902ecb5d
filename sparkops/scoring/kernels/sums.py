"""Sums of doubles in the order of their terms, each rounded, as the JVM adds them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import reduce
from operator import add


def _add_in_order(values: Iterable[float], /) -> float:
    return reduce(add, values, 0.0)


# From 3.12 on, Python's own `sum` compensates rounding errors, which gives other last digits.
sum_in_order = sum if sys.version_info < (3, 12) else _add_in_order
