"""Slot-wise affine transforms: (value - shift) * scale + add, or a constant."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.ir.arrays import Numbers


def add_affine_transform(
    saved: SavedStage, plan: Plan, arrays: dict[str, Numbers], size: int | None = None
) -> None:
    """Add a step that transforms each slot of a vector.

    Args:
        saved: The stage it comes from.
        plan: The model so far.
        arrays: Any of shift, scale, add and constant, one number a slot.
        size: Size of the vector, if no array tells it.
    """
    source, target = saved.read_column_pair()
    plan.find_vector_size(source, next((len(array) for array in arrays.values()), size))
    plan.add_step(saved, "rescale", [source], [(target, "vector")], arrays=arrays)


def compute_reciprocals(divisors: Numbers, *, of_zero: float) -> Numbers:
    """Return 1 / divisor for each slot, and `of_zero` if the divisor is 0."""
    result = np.full(len(divisors), of_zero)
    np.divide(1.0, divisors, out=result, where=divisors != 0.0)
    return result


def require_finite(arrays: dict[str, Numbers]) -> None:
    """Check the numbers of a transform.

    Raises:
        CannotCompile: One of them is NaN or infinite.
    """
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise CannotCompile("one of its numbers is NaN or infinite")
