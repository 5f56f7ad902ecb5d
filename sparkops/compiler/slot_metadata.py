"""Derive what Spark's metadata says of the slots of a vector: their names, and which of them are categories.

It follows from the steps that computed the vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sparkops.compiler.plan import CannotCompile, Plan, find_producer
from sparkops.scoring.codegen.symbols import Vector
from sparkops.scoring.ir.description import Step

# Number of categories of each slot, 0 for a number; None if Spark has no metadata of the slots.
CategoryCounts = tuple[int, ...] | None
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


def find_category_counts(plan: Plan, column: str) -> CategoryCounts:
    """Return how many categories Spark's metadata gives for each slot of a column.

    Args:
        plan: The model so far.
        column: A vector, or a scalar, which is one slot.

    Raises:
        CannotCompile: Spark's metadata of the column cannot be derived.
    """
    return _find_counts(plan, plan.steps, column)


def find_slot_names(plan: Plan, column: str) -> tuple[str, ...] | None:
    """Return the names that Spark's metadata gives the slots of a vector.

    None if it gives none, or if they cannot be derived.
    """
    return _find_names(plan, plan.steps, column)


def _find_names(plan: Plan, steps: Sequence[Step], column: str) -> tuple[str, ...] | None:
    step, before = find_producer(steps, column)
    if step is None:
        return None
    if step.op == "assemble":
        return _name_assembled_slots(plan, before, step)
    if step.op == "one_hot":
        return _name_one_hot_slots(plan, step)
    inner = _find_names(plan, before, step.inputs[0]) if step.op in ("pick_slots", "vector_size") else None
    if inner is None or step.op == "vector_size":
        return inner
    # Other selectors keep attributes, but not always their names.
    return tuple(inner[int(slot)] for slot in step.arrays["slots"]) if _is_slicer(step) else None


def _is_slicer(step: Step) -> bool:
    return step.stage.startswith("VectorSlicer")


def _name_assembled_slots(plan: Plan, before: Sequence[Step], step: Step) -> tuple[str, ...] | None:
    """Return the names of the slots of an assembled vector; None if they cannot be derived.

    The slot of a number has its column's name. A slot of a vector has the vector's name, `_`, and its own name or
    position.
    """
    names: list[str] = []
    for column in step.inputs:
        symbol = plan.code.columns.get(column)
        if symbol is None:
            return None
        if not isinstance(symbol, Vector):
            names.append(column)
            continue
        producer, _ = find_producer(before, column)
        own = _find_names(plan, before, column)
        if own is None and producer is not None and producer.op not in _WITHOUT_METADATA:
            return None
        names += [f"{column}_{name}" for name in own or map(str, range(symbol.size))]
    return tuple(names)


def _name_one_hot_slots(plan: Plan, step: Step) -> tuple[str, ...] | None:
    """Return the names of one-hot slots: the labels of the indexed values."""
    labels = plan.labels.get(step.inputs[0])
    size, symbol = step.params["categories"], plan.code.columns.get(step.outputs[0])
    if labels is None or len(labels) != size or step.params["keep"] or symbol is None:
        return None
    return labels[: symbol.size]


def _find_counts(plan: Plan, steps: Sequence[Step], column: str) -> CategoryCounts:
    step, before = find_producer(steps, column)
    if step is None:
        return None if plan.find_column_type(column) == "vector" else (0,)
    if step.op in _RULES:
        return _RULES[step.op](plan, before, step)
    if step.op in _WITHOUT_METADATA or (step.op == "binarize" and plan.find_column_type(column) == "vector"):
        return None
    raise CannotCompile(f"it is not known which slots of `{column}` Spark treats as categories")


def _count_none(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:  # noqa: ARG001
    """Return 0 for each slot: Spark treats all of them as numbers."""
    column = plan.code.columns.get(step.outputs[0])
    return (0,) * (column.size if column is not None else 1)


def _count_labels(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:  # noqa: ARG001
    return (len(step.params["labels"]) + (step.params["invalid"] == "keep"),)


def _count_buckets(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:  # noqa: ARG001
    return (len(step.arrays["splits"]) - 1,)


def _collect_input_counts(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:
    counts: list[int] = []
    for name in step.inputs:
        column = plan.code.columns.get(name)
        size = column.size if column is not None else 1
        counts += _find_counts(plan, before, name) or (0,) * size
    return tuple(counts)


def _select_counts(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:
    inner = _find_counts(plan, before, step.inputs[0])
    if inner is not None:
        return tuple(inner[int(slot)] for slot in step.arrays["slots"])
    if step.stage.startswith("ChiSqSelectorModel"):
        raise CannotCompile(f"Spark treats the slots of `{step.outputs[0]}` as categories of unknown number")
    return None if step.stage.startswith("VectorSlicer") else (0,) * len(step.arrays["slots"])


def _count_indexed_values(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:
    """Return the number of values of each indexed slot; 0 for a slot with two values, which Spark treats as a number.

    The category that `handleInvalid="keep"` adds is not counted: it is not in Spark's metadata.
    """
    inner = _find_counts(plan, before, step.inputs[0])
    size, starts = int(step.arrays["size"][0]), step.arrays["starts"].tolist()
    counts = list(inner or (0,) * size)
    for slot, first, last in zip(step.arrays["slots"].tolist(), starts, starts[1:], strict=False):
        counts[slot] = 0 if last - first == 2 else last - first  # noqa: PLR2004
    return tuple(counts)


def _pass_input_counts(plan: Plan, before: Sequence[Step], step: Step) -> CategoryCounts:
    return _find_counts(plan, before, step.inputs[0])


_RULES: dict[str, Callable[[Plan, Sequence[Step], Step], CategoryCounts]] = {
    "impute": _count_none,
    "binarize": _count_none,
    "one_hot": _count_none,
    "count_words": _count_none,
    "interact": _count_none,
    "string_index": _count_labels,
    "bucketize": _count_buckets,
    "assemble": _collect_input_counts,
    "pick_slots": _select_counts,
    "vector_index": _count_indexed_values,
    "vector_size": _pass_input_counts,
}
