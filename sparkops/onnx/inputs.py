"""What goes into a graph: a tensor for each field, one more where null must be told, and rows as such tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sparkops.onnx.graph_builder import KINDS
from sparkops.onnx.graph_context import Many, One, Work, kind_of
from sparkops.scoring.ir.description import Description, Step
from sparkops.scoring.ir.field import NUMBERS, REALS, Field

Feed = dict[str, np.ndarray[Any, Any]]
MOST_SLOTS = 2**14  # of a vector: a tensor holds its zeros, too
TAKEN = frozenset((*NUMBERS, "string", "boolean", "vector"))


def refusal(field: Field) -> str | None:
    """Return why a field has no exact form as a tensor; None where it has."""
    if field.type not in TAKEN:
        return f"field `{field.name}` is of type {field.type}, for which ONNX has no tensor"
    if field.type == "vector" and (field.size or 0) > MOST_SLOTS:
        return f"field `{field.name}` has {field.size} slots, and a tensor holds its zeros too: {MOST_SLOTS} at most"
    return None


def null_inputs(description: Description) -> dict[str, str]:
    """Return, by field, the name of the input that tells where it is null.

    A field that is never null has none; nor has a real number that each step takes alike when it is null and when it is
    NaN: NaN stands for null there.
    """
    names = {field.name for field in description.fields} | {each.name for each in description.outputs}
    found = {}
    for field in description.fields:
        if field.nullable and not (field.type in REALS and _alike(field.name, description)):
            found[field.name] = _free(f"{field.name}__null", names)
    return found


def take_fields(work: Work, description: Description, *, nulls: bool) -> None:
    """Add the fields' inputs, and bind the fields' columns.

    Args:
        work: The graph.
        description: The model.
        nulls: Whether a row may hold null; without, no input tells of it.
    """
    masks = null_inputs(description) if nulls else {}
    for field in description.fields:
        mask = masks.get(field.name)
        size = field.size if field.type == "vector" else 1
        kind = "double" if field.type == "vector" else kind_of(field.type)
        work.graph.take_in(field.name, kind, size, note=_note(field, mask, nulls=nulls))
        work.columns[field.name] = _column(work, field, kind, mask)
    for name, mask in masks.items():
        note = f"true where {name} is null; false where it is left out"
        work.graph.take_in(mask, "bool", 1, note=note, default=False)


def feed(description: Description, rows: Sequence[Mapping[str, Any]], *, nulls: bool = True) -> Feed:
    """Return rows as a graph of this description takes them.

    Args:
        description: The model.
        rows: Values by field.
        nulls: As the graph was made.

    Raises:
        RowError: A value is not of its field's type.
    """
    masks = null_inputs(description) if nulls else {}
    found: Feed = {}
    for field in description.fields:
        read = field.reader()
        values = [read(row[field.name]) for row in rows]
        found[field.name] = _tensor(field, values)
        if field.name in masks:
            found[masks[field.name]] = _column_of([value is None for value in values], bool)
    return found


def _column_of(values: Sequence[Any], kind: type) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=kind).reshape(-1, 1)


def _column(work: Work, field: Field, kind: str, mask: str | None) -> One | Many:
    if field.type == "vector":
        return Many(field.name, field.size or 0, mask)
    if field.type != "float":
        return One(field.name, kind, field.type, mask, nan=kind == "double")
    single = work.graph.cast(work.graph.cast(field.name, "float"), "double")
    return One(single, kind, "float", mask, nan=True)


def _note(field: Field, mask: str | None, *, nulls: bool) -> str:
    if not field.nullable or not nulls:
        return f"{field.type}, never null"
    return f"{field.type}; null: {f'`{mask}` is true' if mask else 'NaN'}"


def _tensor(field: Field, values: Sequence[Any]) -> np.ndarray[Any, Any]:
    if field.type == "vector":
        return _vectors(field.size or 0, values)
    none: Any = {"string": "", "double": np.nan, "float": np.nan}.get(field.type, 0)
    filled = [none if value is None else value for value in values]
    return _column_of(filled, object if field.type == "string" else KINDS[kind_of(field.type)])


def _vectors(size: int, values: Sequence[Any]) -> np.ndarray[Any, Any]:
    table = np.zeros((len(values), size))
    for row, value in zip(table, values, strict=True):
        if isinstance(value, dict):
            row[list(value)] = list(value.values())
        elif value is not None:
            row[:] = value
    return table


def _alike(name: str, description: Description) -> bool:
    """Tell whether no step and no output tells null from NaN in a column."""
    given = any(output.column == name for output in description.outputs)
    return not given and all(_takes_alike(step) for step in description.steps if name in step.inputs)


def _takes_alike(step: Step) -> bool:
    if step.op == "impute":
        return bool(np.isnan(step.arrays["missing"][0]))
    return step.op in ("assemble", "binarize") or (
        step.op == "bucketize" and step.params["invalid"] == "skip"
    )


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name
