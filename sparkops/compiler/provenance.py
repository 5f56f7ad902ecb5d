"""Derive what Spark knows of a column: how its vectors are stored, and which of its slots are categories.

Both follow from the steps that computed the column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.scoring.codegen.symbols import Vector
from sparkops.scoring.ir.description import Step

# Number of categories of each slot, 0 for a number; None if Spark has no metadata of the slots.
CategoryCounts = tuple[int, ...] | None
_STORAGE = {
    "dense": frozenset({"project", "dct", "average_words", "topics"}),
    "sparse": frozenset({"one_hot", "hash_words", "count_words", "hash_features"}),
    "compressed": frozenset({"assemble", "interact", "binarize"}),
}
_FIRST_COMPACT_VERSION = (4, 1)
_OTHER_SUMS = frozenset({"dct", "project"})
_STORED_LIKE_INPUT = frozenset(
    {"normalize", "polynomial", "vector_index", "pick_slots", "rescale", "vector_size"}
)
_WITHOUT_METADATA = frozenset(
    {
        "rescale",
        "normalize",
        "polynomial",
        "dct",
        "project",
        "average_words",
        "hash_words",
        "hash_features",
        "topics",
    }
)


def vector_storage(plan: Plan, column: str) -> str:
    """Return how Spark stores the vectors of a column: "dense", "sparse", "compressed", "compact" or "unknown".

    Compressed vectors are stored dense or sparse, whichever is smaller; compact ones, too, by the sizes that Spark computes since
    version 4.1. A field's vectors are dense: it is a list of numbers.
    """
    storage = _storage(plan.steps, column)
    is_compact = storage == "compressed" and plan.spark_version >= _FIRST_COMPACT_VERSION
    return "compact" if is_compact else storage


def is_rounded_otherwise(plan: Plan, column: str) -> bool:
    """Return whether a column is computed from sums that Spark adds in another order, so that their last digits differ."""
    return _is_rounded_otherwise(plan.steps, column)


def _is_rounded_otherwise(steps: Sequence[Step], column: str) -> bool:
    step, before = _find_producer(steps, column)
    if step is None:
        return False
    return step.op in _OTHER_SUMS or any(_is_rounded_otherwise(before, name) for name in step.inputs)


def storage_without_zeros(plan: Plan, column: str) -> str:
    """Return `vector_storage`, but "unknown" if a sparse vector may hold explicit zeros."""
    step, _ = _find_producer(plan.steps, column)
    storage = vector_storage(plan, column)
    exact = step is None or storage == "dense" or step.op in _STORAGE["sparse"] | _STORAGE["compressed"]
    return storage if exact else "unknown"


def category_counts(plan: Plan, column: str) -> CategoryCounts:
    """Return how many categories Spark's metadata gives for each slot of a column.

    Args:
        plan: The model so far.
        column: A vector, or a scalar, which is one slot.

    Raises:
        CannotCompile: Spark's metadata of the column cannot be derived.
    """
    return _category_counts(plan, plan.steps, column)


def slot_names(plan: Plan, column: str) -> tuple[str, ...] | None:
    """Return the names that Spark's metadata gives the slots of a vector; None if it gives none, or if they cannot be derived."""
    return _slot_names(plan, plan.steps, column)


def _slot_names(plan: Plan, steps: Sequence[Step], column: str) -> tuple[str, ...] | None:
    step, before = _find_producer(steps, column)
    if step is None:
        return None
    if step.op == "assemble":
        return _assembled_names(plan, before, step)
    if step.op == "one_hot":
        return _one_hot_names(plan, step)
    inner = _slot_names(plan, before, step.inputs[0]) if step.op in ("pick_slots", "vector_size") else None
    if inner is None or step.op == "vector_size":
        return inner
    # other selectors keep attributes, but not always their names
    return tuple(inner[int(slot)] for slot in step.arrays["slots"]) if _is_slicer(step) else None


def _is_slicer(step: Step) -> bool:
    return step.stage.startswith("VectorSlicer")


def _assembled_names(plan: Plan, before: Sequence[Step], step: Step) -> tuple[str, ...] | None:
    """Return the names of assembled slots: a number has its column's name, a slot of a vector that and its own name or position."""
    names: list[str] = []
    for column in step.inputs:
        symbol = plan.code.columns.get(column)
        if symbol is None:
            return None
        if not isinstance(symbol, Vector):
            names.append(column)
            continue
        producer, _ = _find_producer(before, column)
        own = _slot_names(plan, before, column)
        if own is None and producer is not None and producer.op not in _WITHOUT_METADATA:
            return None
        names += [f"{column}_{name}" for name in own or map(str, range(symbol.size))]
    return tuple(names)


def _one_hot_names(plan: Plan, step: Step) -> tuple[str, ...] | None:
    """Return the names of one-hot slots: the labels of the indexed values."""
    labels = plan.labels.get(step.inputs[0])
    size, symbol = step.params["categories"], plan.code.columns.get(step.outputs[0])
    if labels is None or len(labels) != size or step.params["keep"] or symbol is None:
        return None
    return labels[: symbol.size]


def _find_producer(steps: Sequence[Step], column: str) -> tuple[Step | None, Sequence[Step]]:
    """Return the last step that makes a column and the steps before it; None for a field."""
    for index in range(len(steps) - 1, -1, -1):
        if column in steps[index].outputs:
            return steps[index], steps[:index]
    return None, ()


def _storage(steps: Sequence[Step], column: str) -> str:
    step, before = _find_producer(steps, column)
    if step is None:
        return "dense"
    fixed = [storage for storage, ops in _STORAGE.items() if step.op in ops]
    if fixed:
        return fixed[0]
    if step.op == "rescale" and set(step.arrays) - {"scale"}:
        return "dense"
    inner = _storage(before, step.inputs[0]) if step.op in _STORED_LIKE_INPUT else "unknown"
    # A step that makes or removes zeros changes whether dense or sparse is smaller.
    return inner if inner != "compressed" or _keeps_zeros(step) else "unknown"


def _keeps_zeros(step: Step) -> bool:
    """Return whether a slot is 0 after a step exactly if it was 0 before."""
    scale = step.arrays.get("scale")
    return step.op == "vector_size" or (step.op == "rescale" and (scale is None or bool(scale.all())))


def _category_counts(plan: Plan, steps: Sequence[Step], column: str) -> CategoryCounts:
    step, before = _find_producer(steps, column)
    if step is None:
        return None if plan.column_type(column) == "vector" else (0,)
    if step.op in _RULES:
        return _RULES[step.op](plan, before, step)
    if step.op in _WITHOUT_METADATA or (step.op == "binarize" and plan.column_type(column) == "vector"):
        return None
    raise CannotCompile(f"it is not known which slots of `{column}` Spark treats as categories")


def _no_categories(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:  # noqa: ARG001
    """Return 0 for each slot: Spark treats all of them as numbers."""
    column = plan.code.columns.get(step.outputs[0])
    return (0,) * (column.size if column is not None else 1)


def _label_count(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:  # noqa: ARG001
    return (len(step.params["labels"]) + (step.params["invalid"] == "keep"),)


def _bucket_count(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:  # noqa: ARG001
    return (len(step.arrays["splits"]) - 1,)


def _counts_of_inputs(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:
    counts: list[int] = []
    for name in step.inputs:
        column = plan.code.columns.get(name)
        size = column.size if column is not None else 1
        counts += _category_counts(plan, before, name) or (0,) * size
    return tuple(counts)


def _counts_of_selected_slots(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:
    inner = _category_counts(plan, before, step.inputs[0])
    if inner is not None:
        return tuple(inner[int(slot)] for slot in step.arrays["slots"])
    if step.stage.startswith("ChiSqSelectorModel"):
        raise CannotCompile(f"Spark treats the slots of `{step.outputs[0]}` as categories of unknown number")
    return None if step.stage.startswith("VectorSlicer") else (0,) * len(step.arrays["slots"])


def _counts_of_indexed_slots(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:
    """Return the number of values of each indexed slot; 0 for a slot with two values, which Spark treats as a number.

    The category that `handleInvalid="keep"` adds is not counted: it is not in Spark's metadata.
    """
    inner = _category_counts(plan, before, step.inputs[0])
    size, starts = int(step.arrays["size"][0]), step.arrays["starts"].tolist()
    counts = list(inner or (0,) * size)
    for slot, first, last in zip(step.arrays["slots"].tolist(), starts, starts[1:], strict=False):
        counts[slot] = 0 if last - first == 2 else last - first  # noqa: PLR2004
    return tuple(counts)


def _counts_of_input(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:
    return _category_counts(plan, before, step.inputs[0])


_RULES: dict[str, Callable[[Plan, Sequence[Step], Step], CategoryCounts]] = {
    "impute": _no_categories,
    "binarize": _no_categories,
    "one_hot": _no_categories,
    "count_words": _no_categories,
    "interact": _no_categories,
    "string_index": _label_count,
    "bucketize": _bucket_count,
    "assemble": _counts_of_inputs,
    "pick_slots": _counts_of_selected_slots,
    "vector_index": _counts_of_indexed_slots,
    "vector_size": _counts_of_input,
}
