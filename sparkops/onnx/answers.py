"""What a graph gave, read back as a scorer's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sparkops.onnx.outputs import Names, shown
from sparkops.scoring.ir.description import Description

UNSCORED = "unscored"
Told = dict[str, Any] | str
"""An answer, or the word for a row that is refused or dropped: a graph does not tell the two apart."""


def answers(
    description: Description, given: Mapping[str, np.ndarray[Any, Any]], *, raw: bool = True
) -> list[Told]:
    """Return what a graph gave as a scorer's answers, "unscored" for a row that is refused or dropped.

    Args:
        description: The model.
        given: Tensors by the outputs' names.
        raw: As the graph was made.
    """
    called = Names.of(description)
    columns = {}
    for output in shown(description, raw=raw):
        values = given[called.values[output.name]].tolist()
        nulls = given.get(called.nulls[output.name])
        if nulls is not None:
            values = [None if null else value for null, value in zip(nulls.tolist(), values, strict=True)]
        columns[output.name] = values
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [row if good else UNSCORED for row, good in zip(rows, given[called.scored].tolist(), strict=True)]
