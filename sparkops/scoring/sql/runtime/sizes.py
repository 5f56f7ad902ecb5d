"""Limit the size of each text and array that an expression makes, and the total for a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...ir.growth import MAX_ARRAY, MAX_TEXT, MAX_UNITS
from .evaluation_error import BudgetSpentError, EvaluationError

_ELEMENT = 16


def require_text(length: int) -> None:
    """Raise `EvaluationError` for a text that is too long to be made."""
    if length > MAX_TEXT:
        raise EvaluationError(f"makes a text of {length:,} characters, and at most {MAX_TEXT:,} are made")


def require_array(size: int) -> None:
    """Raise `EvaluationError` for an array that is too large to be made."""
    if size > MAX_ARRAY:
        raise EvaluationError(f"makes an array of {size:,} elements, and at most {MAX_ARRAY:,} are made")


def spend(budget: list[int], value: Any) -> Any:
    """Return a value that an expression made, and take its size from the budget of the row.

    Raises:
        BudgetSpentError: Nothing is left of the budget.
    """
    if value is None:
        return None
    left = budget[0] - (len(value) if value.__class__ is str else _ELEMENT * len(value))
    if left < 0:
        raise BudgetSpentError(f"makes texts and arrays of more than {MAX_UNITS:,} characters together")
    budget[0] = left
    return value


def measure(value: Any) -> int:
    """Return the units of a result, see `ir.growth`; 0 for what is no text and no array."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return _ELEMENT * len(value) + sum(len(item) for item in value if isinstance(item, str))
    return 0


def concat_texts(*texts: str) -> str:
    """Return texts one after the other."""
    require_text(sum(map(len, texts)))
    return "".join(texts)


def concat_arrays(*arrays: Sequence[Any]) -> list[Any]:
    """Return arrays one after the other."""
    require_array(sum(map(len, arrays)))
    return [value for array in arrays for value in array]


def bound_join(function: Callable[..., str | None]) -> Callable[..., str | None]:
    """Return the function that joins values with a separator, of a function that does so whatever their size."""

    def join(separator: str | None, values: Iterable[Any]) -> str | None:
        items = tuple(values)
        length = len(separator or "")
        require_text(sum(_measure_text(item, length) + length for item in items if item is not None))
        return function(separator, items)

    return join


def bound_array_join(function: Callable[..., str]) -> Callable[..., str]:
    """Return the function that joins the texts of an array, of a function that does so whatever their size."""

    def join(array: Sequence[str | None], separator: str, *replacement: str) -> str:
        filler = len(replacement[0]) if replacement else 0
        require_text(sum((filler if item is None else len(item)) + len(separator) for item in array))
        return function(array, separator, *replacement)

    return join


def replace_text(text: str, old: str, new: str) -> str:
    """Return a text with every occurrence replaced; unchanged where `old` is empty."""
    if not old or not text:
        return text
    if len(new) > len(old):
        require_text(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def bound_expansion(function: Callable[[str], str], growth: int) -> Callable[[str], str]:
    """Return a function of a text that makes at most `growth` characters of each of its characters."""

    def expand(text: str) -> str:
        if (len(text) + 1) * growth > MAX_TEXT:
            require_text(len(text) * growth)
        return function(text)

    return expand


def _measure_text(item: Any, separator: int) -> int:
    if isinstance(item, str):
        return len(item)
    return sum(len(text) + separator for text in item if text is not None)
