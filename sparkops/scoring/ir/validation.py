"""The form that a step must have: checked once, when its code is written."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ...errors import ModelError
from .arrays import Numbers
from .description import Step

MOST_CLASSES = 10_000  # the most that any classifier is written out for
MOST_SLOTS = 2**24  # of one part of a vector


def array(step: Step, name: str, *shape: int | None) -> Numbers:
    """Return an array of a step as doubles.

    Args:
        step: The step.
        name: The array.
        shape: Its length in each direction; None where any will do.

    Raises:
        ModelError: It is not there, or has another form.
    """
    found = step.arrays.get(name)
    sizes = () if found is None else found.shape
    good = len(sizes) == len(shape) and all(
        want in (None, size) for want, size in zip(shape, sizes, strict=True)
    )
    need(step, good=found is not None and good)
    assert found is not None
    return np.asarray(found, dtype=np.float64)


def whole(step: Step, name: str, *, low: int = 0, high: int = 2**31) -> int:
    """Return a whole number among a step's params.

    Raises:
        ModelError: It is not there, or out of range.
    """
    found = step.params.get(name)
    need(step, good=isinstance(found, int) and not isinstance(found, bool) and low <= found < high)
    return int(step.params[name])


def word(step: Step, name: str, known: Collection[str]) -> str:
    """Return a word among a step's params.

    Raises:
        ModelError: It is none of the known ones.
    """
    found = step.params.get(name)
    need(step, good=isinstance(found, str) and found in known)
    return str(found)


def need(step: Step, *, good: bool) -> None:
    """Refuse a step that is not of the form its operation takes.

    Raises:
        ModelError: It is not good.
    """
    if not good:
        raise ModelError(f"{step.stage}: the numbers of this step do not fit each other.")
