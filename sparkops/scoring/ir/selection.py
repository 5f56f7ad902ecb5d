"""The part of a model that some columns need: the steps that compute them, and the fields that these read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .conditions import unquote
from .description import Description, Output, Step


def select_steps(steps: Sequence[Step], columns: Iterable[str]) -> tuple[tuple[Step, ...], frozenset[str]]:
    """Return the steps that compute columns or drop rows, and the names that these read and no step computes.

    Spark, too, leaves out a step whose column is not selected, unless it drops rows.
    """
    needed, selected = set(columns), []
    for step in reversed(steps):
        computed = {name for name in step.outputs if name}
        if computed & needed or step.params.get("invalid") == "skip":
            selected.append(step)
            needed = (needed - computed) | set(step.inputs)
    return tuple(selected[::-1]), frozenset(needed)


def select_outputs(description: Description, outputs: Sequence[Output]) -> Description:
    """Return the description with these outputs only: without the steps and the fields that only other outputs need."""
    columns = {output.column for output in outputs if output.column is not None}
    if any(output.column is None for output in outputs):
        columns.add(find_prediction_column(description))
    steps, read = select_steps(description.steps, columns)
    rules = description.checks.rules if description.checks else ()
    read |= {unquote(name) for rule in rules for name in rule.rule.fields}
    fields = tuple(field for field in description.fields if field.name in read)
    unread = tuple(field.name for field in description.fields if field.name not in read)
    return replace(
        description,
        fields=fields,
        ignored=(*unread, *description.ignored),
        steps=steps,
        outputs=tuple(outputs),
    )


def find_prediction_column(description: Description) -> str:
    """Return the column of the first prediction, from which a missing label column is derived.

    Empty if there is none.
    """
    columns = (output.column for output in description.outputs if output.role == "prediction")
    return next((column for column in columns if column), "")
