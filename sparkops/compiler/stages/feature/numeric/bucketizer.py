"""Compile Bucketizer, which QuantileDiscretizer fits, too."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from math import isinf

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_double

# Java writes doubles of at least the first and less than the second number without an exponent.
_LEAST_DECIMAL, _MOST_DECIMAL = 1e-3, 1e7


def compile_bucketizer(saved: SavedStage, plan: Plan) -> None:
    """Add a `bucketize` step for each column: number -> index of the interval between two splits."""
    several = saved.params.get("inputCols")
    split_lists = saved.params.get("splitsArray") if several else [saved.params["splits"]]
    for (source, target), splits in zip(saved.read_column_pairs(), split_lists or (), strict=True):
        plan.require_number_type(source)
        params = {"invalid": saved.params["handleInvalid"]}
        arrays = {"splits": np.array([parse_double(split) for split in splits])}
        plan.add_step(saved, "bucketize", [source], [(target, "double")], params=params, arrays=arrays)
        texts = [_format_as_java(split) for split in arrays["splits"].tolist()]
        if all(texts):
            plan.bucket_labels[target] = tuple(f"{low}, {high}" for low, high in pairwise(texts))


def _format_as_java(value: float) -> str:
    """Return a double as Java writes it; empty where versions of Java may differ, which is beyond 15 digits."""
    if isinf(value):
        return "Infinity" if value > 0.0 else "-Infinity"
    if float(f"{value:.15g}") != value:
        return ""
    if value == 0.0 or _LEAST_DECIMAL <= abs(value) < _MOST_DECIMAL:
        digits = f"{Decimal(repr(value)):f}"
        return digits if "." in digits else f"{digits}.0"
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}E{int(exponent)}"
