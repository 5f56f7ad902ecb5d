"""Derive from the steps that computed a vector how Spark stores it: dense, sparse, or whichever is smaller."""

from __future__ import annotations

from collections.abc import Sequence

from sparkops.compiler.plan import Plan, find_producer
from sparkops.scoring.ir.description import Step

_STORAGE = {
    "dense": frozenset({"project", "dct", "average_words", "topics"}),
    "sparse": frozenset({"one_hot", "hash_words", "count_words", "hash_features"}),
    "compressed": frozenset({"assemble", "interact", "binarize"}),
}
_FIRST_COMPACT_VERSION = (4, 1)
_SUMS_IN_OTHER_ORDER = frozenset({"dct", "project"})
_STORED_LIKE_INPUT = frozenset(
    {"normalize", "polynomial", "vector_index", "pick_slots", "rescale", "vector_size"}
)


def find_vector_storage(plan: Plan, column: str) -> str:
    """Return how Spark stores the vectors of a column.

    Returns:
        "dense" or "sparse": each vector alike.
        "compressed": dense or sparse, whichever is smaller.
        "compact": the same, by the sizes that Spark computes since version 4.1.
        "input": as the row holds the vector of a field.
        "unknown": any of these.
    """
    storage = _find_storage(plan.steps, column)
    is_compact = storage == "compressed" and plan.spark_version >= _FIRST_COMPACT_VERSION
    return "compact" if is_compact else storage


def is_summed_in_another_order(plan: Plan, column: str) -> bool:
    """Return whether a column is computed from sums that Spark adds in another order.

    Their last digits may differ.
    """
    return _is_summed_in_another_order(plan.steps, column)


def _is_summed_in_another_order(steps: Sequence[Step], column: str) -> bool:
    step, before = find_producer(steps, column)
    if step is None:
        return False
    return step.op in _SUMS_IN_OTHER_ORDER or any(
        _is_summed_in_another_order(before, name) for name in step.inputs
    )


def find_storage_without_zeros(plan: Plan, column: str) -> str:
    """Return `find_vector_storage`, but "unknown" or "input-zeros" if a sparse vector may hold explicit zeros."""
    step, _ = find_producer(plan.steps, column)
    storage = find_vector_storage(plan, column)
    exact = step is None or storage == "dense" or step.op in _STORAGE["sparse"] | _STORAGE["compressed"]
    if exact:
        return storage
    return "input-zeros" if storage == "input" else "unknown"


def _find_storage(steps: Sequence[Step], column: str) -> str:
    step, before = find_producer(steps, column)
    if step is None:
        return "input"
    fixed = [storage for storage, ops in _STORAGE.items() if step.op in ops]
    if fixed:
        return fixed[0]
    if step.op == "rescale" and set(step.arrays) - {"scale"}:
        return "dense"
    inner = _find_storage(before, step.inputs[0]) if step.op in _STORED_LIKE_INPUT else "unknown"
    # A step that makes or removes zeros changes whether dense or sparse is smaller.
    return inner if inner != "compressed" or _keeps_zeros(step) else "unknown"


def _keeps_zeros(step: Step) -> bool:
    """Return whether a slot is 0 after a step exactly if it was 0 before."""
    scale = step.arrays.get("scale")
    return step.op == "vector_size" or (step.op == "rescale" and (scale is None or bool(scale.all())))
