"""What Spark knows of a column from the stage that made it: how vectors are stored, and which slots are categories."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sparkops.scoring.ir.description import Step

from .plan import Plan, Uncompiled

Sizes = tuple[int, ...] | None
_STORED = {
    "dense": frozenset({"project", "dct", "average_words"}),
    "sparse": frozenset({"one_hot", "hash_words", "count_words", "hash_features"}),
    "compressed": frozenset({"assemble", "interact", "binarize"}),
}
_AS_BEFORE = frozenset({"normalize", "polynomial", "vector_index", "pick_slots", "rescale", "vector_size"})
_UNNAMED = frozenset(
    {"rescale", "normalize", "polynomial", "dct", "project", "average_words", "hash_words", "hash_features"}
)


def stored(plan: Plan, column: str) -> str:
    """Return how Spark stores the vectors of a column: "dense", "sparse", "compressed" or "unknown".

    A field's vectors count as dense: that is what a list of numbers is.
    """
    return _stored(plan.steps, column)


def active(plan: Plan, column: str) -> str:
    """Return `stored`, "unknown" where a vector stored sparse may hold zeros among the slots that it does store."""
    step, _ = _maker(plan.steps, column)
    found = stored(plan, column)
    exact = step is None or found == "dense" or step.op in _STORED["sparse"] | _STORED["compressed"]
    return found if exact else "unknown"


def categories(plan: Plan, column: str) -> Sizes:
    """Return how many categories each slot of a column has in Spark's metadata, 0 for a number.

    Args:
        plan: The model so far.
        column: A vector, or a single value, which is one slot.

    Returns:
        None for a vector of whose slots Spark knows nothing.

    Raises:
        Uncompiled: It is not known what Spark knows.
    """
    return _categories(plan, plan.steps, column)


def _maker(steps: Sequence[Step], column: str) -> tuple[Step | None, Sequence[Step]]:
    """Return the last step that makes a column, and the steps before it; None for a field."""
    for at in range(len(steps) - 1, -1, -1):
        if column in steps[at].outputs:
            return steps[at], steps[:at]
    return None, ()


def _stored(steps: Sequence[Step], column: str) -> str:
    step, before = _maker(steps, column)
    if step is None:
        return "dense"
    known = [word for word, ops in _STORED.items() if step.op in ops]
    if known:
        return known[0]
    if step.op == "rescale" and set(step.arrays) - {"scale"}:
        return "dense"
    inner = _stored(before, step.inputs[0]) if step.op in _AS_BEFORE else "unknown"
    # what took less room before a step need not after it
    return inner if inner != "compressed" or _keeps_zeros(step) else "unknown"


def _keeps_zeros(step: Step) -> bool:
    """Tell whether a step leaves a slot 0 where it was, and only there."""
    scale = step.arrays.get("scale")
    return step.op == "vector_size" or (step.op == "rescale" and (scale is None or bool(scale.all())))


def _categories(plan: Plan, steps: Sequence[Step], column: str) -> Sizes:
    step, before = _maker(steps, column)
    if step is None:
        return None if plan.kind(column) == "vector" else (0,)
    if step.op in _RULES:
        return _RULES[step.op](plan, before, step)
    if step.op in _UNNAMED or (step.op == "binarize" and plan.kind(column) == "vector"):
        return None
    raise Uncompiled(f"it is not known which slots of `{column}` Spark takes for categories")


def _none(plan: Plan, before: Sequence[Step], step: Step) -> Sizes:  # noqa: ARG001
    found = plan.code.columns.get(step.outputs[0])
    return (0,) * (found.size if found is not None else 1)


def _labels(plan: Plan, before: Sequence[Step], step: Step) -> Sizes:  # noqa: ARG001
    return (len(step.params["labels"]) + (step.params["invalid"] == "keep"),)


def _buckets(plan: Plan, before: Sequence[Step], step: Step) -> Sizes:  # noqa: ARG001
    return (len(step.arrays["splits"]) - 1,)


def _assembled(plan: Plan, before: Sequence[Step], step: Step) -> Sizes:
    found: list[int] = []
    for name in step.inputs:
        column = plan.code.columns.get(name)
        found += _categories(plan, before, name) or (0,) * (column.size if column is not None else 1)
    return tuple(found)


def _picked(plan: Plan, before: Sequence[Step], step: Step) -> Sizes:
    inner = _categories(plan, before, step.inputs[0])
    if inner is not None:
        return tuple(inner[int(at)] for at in step.arrays["slots"])
    if step.stage.startswith("ChiSqSelectorModel"):
        raise Uncompiled(f"Spark takes the slots of `{step.outputs[0]}` for categories of unknown number")
    return None if step.stage.startswith("VectorSlicer") else (0,) * len(step.arrays["slots"])


def _indexed(plan: Plan, before: Sequence[Step], step: Step) -> Sizes:
    """Return the values of each slot, without the one that `keep` adds: Spark forgets it. Two are a binary number."""
    inner = _categories(plan, before, step.inputs[0])
    size, starts = int(step.arrays["size"][0]), step.arrays["starts"].tolist()
    found = list(inner or (0,) * size)
    for slot, first, last in zip(step.arrays["slots"].tolist(), starts, starts[1:], strict=False):
        found[slot] = 0 if last - first == 2 else last - first  # noqa: PLR2004
    return tuple(found)


def _same(plan: Plan, before: Sequence[Step], step: Step) -> Sizes:
    return _categories(plan, before, step.inputs[0])


_RULES: dict[str, Callable[[Plan, Sequence[Step], Step], Sizes]] = {
    "impute": _none,
    "binarize": _none,
    "one_hot": _none,
    "count_words": _none,
    "interact": _none,
    "string_index": _labels,
    "bucketize": _buckets,
    "assemble": _assembled,
    "pick_slots": _picked,
    "vector_index": _indexed,
    "vector_size": _same,
}
