"""Validation of a step's params and arrays, once, when its code is generated."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ...errors import ModelError
from .arrays import Numbers
from .description import Step

MAX_CLASSES = 10_000
# Slots of a vector, which must all fit in memory.
MAX_SLOTS = 2**24
# Slots of the vectors of all steps of a model.
MAX_TOTAL_SLOTS = 2**26
# Steps of a model: each takes code.
MAX_STEPS = 20_000


def float_array(step: Step, name: str, *shape: int | None) -> Numbers:
    """Return an array of a step as float64.

    Args:
        step: The step.
        name: The array.
        shape: Expected length of each dimension; None accepts any length.

    Raises:
        ModelError: The array is missing or has another shape.
    """
    values = step.arrays.get(name)
    sizes = () if values is None else values.shape
    fits = len(sizes) == len(shape) and all(
        length in (None, size) for length, size in zip(shape, sizes, strict=True)
    )
    require(step, good=values is not None and fits)
    assert values is not None
    return np.asarray(values, dtype=np.float64)


def int_param(step: Step, name: str, *, low: int = 0, high: int = 2**31) -> int:
    """Return an integer param of a step.

    Args:
        step: The step.
        name: The param.
        low: Smallest allowed value.
        high: Every allowed value is below this.

    Raises:
        ModelError: The param is missing, no integer, or out of range.
    """
    value = step.params.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value < high:
        raise ModelError(
            f"{step.stage}: {name} is {value!r}, and a whole number from {low} to {high - 1} is needed."
        )
    return value


def enum_param(step: Step, name: str, allowed: Collection[str]) -> str:
    """Return a param of a step that is one of several words.

    Raises:
        ModelError: The param is missing or has another value.
    """
    value = step.params.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise ModelError(f"{step.stage}: {name} is {value!r}, and one of {', '.join(allowed)} is needed.")
    return value


def token_list_param(step: Step, name: str) -> list[str | None]:
    """Return a param of a step that is a list of tokens; null may be one of them.

    Raises:
        ModelError: The param is missing or something else.
    """
    tokens = step.params.get(name)
    if not isinstance(tokens, list) or not {*map(type, tokens)} <= {str, type(None)}:
        raise ModelError(f"{step.stage}: {name} is not a list of words.")
    return tokens


def require(step: Step, *, good: bool) -> None:
    """Refuse a step whose params and arrays do not fit its operation.

    Raises:
        ModelError: `good` is false.
    """
    if not good:
        raise ModelError(f"{step.stage}: the params and arrays of this step do not fit each other.")
