"""Functions of arrays, which are lists of values and None; NaN equals NaN and is the largest number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cmp_to_key
from typing import Any

from .evaluation_error import EvaluationError
from .numeric import greatest, least
from .sizes import require_array

_MAX_SIZE = 2**31 - 16
Array = Sequence[Any]


def contains(array: Array, value: Any) -> bool | None:
    """Return whether an array contains a value; None if it does not, and contains null."""
    if any(item is not None and is_equal(item, value) for item in array):
        return True
    return None if None in array else False


def position(array: Array, value: Any) -> int:
    """Return the position of the first occurrence, counted from 1; 0 if there is none."""
    return next((at for at, item in enumerate(array, 1) if item is not None and is_equal(item, value)), 0)


def is_equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal; NaN equals NaN."""
    return bool(left == right or (left != left and right != right))  # noqa: PLR0124


def element_at(array: Array, index: int) -> Any:
    """Return an element, counted from 1, or from the end if negative.

    Raises:
        EvaluationError: There is none.
    """
    if index == 0 or abs(index) > len(array):
        raise EvaluationError(f"takes element {index} of {len(array)}")
    return array[index - 1 if index > 0 else index]


def try_element_at(array: Array, index: int) -> Any:
    """Return an element, counted from 1, or from the end if negative; None if there is none."""
    if index == 0:
        raise EvaluationError("takes element 0")
    return None if abs(index) > len(array) else array[index - 1 if index > 0 else index]


def item(array: Array, index: int) -> Any:
    """Return an element, counted from 0.

    Raises:
        EvaluationError: There is none.
    """
    if not 0 <= index < len(array):
        raise EvaluationError(f"takes element {index}, counted from 0, of {len(array)}")
    return array[index]


def get(array: Array, index: int) -> Any:
    """Return an element, counted from 0; None if there is none."""
    return array[index] if 0 <= index < len(array) else None


def elt(index: int, values: Array) -> Any:
    """Return one of several values, counted from 1."""
    if not 1 <= index <= len(values):
        raise EvaluationError(f"takes value {index} of {len(values)}")
    return values[index - 1]


def _compare(left: Any, right: Any) -> int:
    if left != left or right != right:  # noqa: PLR0124
        return int(left != left) - int(right != right)  # noqa: PLR0124
    return int(left > right) - int(left < right)


_KEY = cmp_to_key(_compare)


def _sort_values(array: Array, *, reverse: bool = False) -> list[Any]:
    return sorted((value for value in array if value is not None), key=_KEY, reverse=reverse)


def sort_array(array: Array, ascending: bool) -> list[Any]:
    """Return the sorted elements; null is smaller than all values."""
    nulls = [None] * sum(value is None for value in array)
    values = _sort_values(array, reverse=not ascending)
    return [*nulls, *values] if ascending else [*values, *nulls]


def array_sort(array: Array) -> list[Any]:
    """Return the sorted elements, with null at the end."""
    return [*_sort_values(array), *[None] * sum(value is None for value in array)]


def sort_by(array: Array, compare: Callable[[Any, Any], int | None]) -> list[Any]:
    """Return the elements sorted by a comparison, which also takes null; equal elements keep their order.

    Raises:
        EvaluationError: The comparison of two elements is null.
    """

    def compare_values(left: Any, right: Any) -> int:
        result = compare(left, right)
        if result is None:
            raise EvaluationError("compares two elements of an array with the result null")
        return result

    return sorted(array, key=cmp_to_key(compare_values))


def minimum(array: Array) -> Any:
    """Return the smallest element that is not null; None if there is none."""
    return least(tuple(array))


def maximum(array: Array) -> Any:
    """Return the largest element that is not null; None if there is none."""
    return greatest(tuple(array))


def join(array: Array, separator: str) -> str:
    """Return the texts that are not null, joined."""
    return separator.join(value for value in array if value is not None)


def join_with_nulls(array: Array, separator: str, replacement: str) -> str:
    """Return the texts joined, with a replacement for null."""
    return separator.join(replacement if value is None else value for value in array)


def slice_array(array: Array, start: int, length: int) -> list[Any]:
    """Return a part of an array from a position, counted from 1, or from the end if negative."""
    if start == 0 or length < 0:
        raise EvaluationError(f"takes a part of an array from {start}, of length {length}")
    first = start - 1 if start > 0 else len(array) + start
    return [*array[first : first + length]] if first >= 0 else []


def concat(*arrays: Array) -> list[Any]:
    """Return arrays one after the other."""
    return [value for array in arrays for value in array]


def concat_ws(separator: str | None, values: Iterable[Any]) -> str | None:
    """Return texts, and the texts of arrays, that are not null, joined by a separator."""
    if separator is None:
        return None
    parts: list[str] = []
    for value in values:
        if isinstance(value, str):
            parts.append(value)
        elif value is not None:
            parts += [text for text in value if text is not None]
    return separator.join(parts)


def remove(array: Array, value: Any) -> list[Any]:
    """Return an array without the elements that equal a value."""
    return [other for other in array if other is None or not is_equal(other, value)]


def compact(array: Array) -> list[Any]:
    """Return an array without null."""
    return [value for value in array if value is not None]


def append(array: Array, value: Any) -> list[Any]:
    """Return an array with one more element at its end."""
    return [*array, value]


def prepend(array: Array, value: Any) -> list[Any]:
    """Return an array with one more element at its start."""
    return [value, *array]


def insert(array: Array, index: int, value: Any) -> list[Any]:
    """Return an array with a value inserted at a position; null fills what is missing.

    Positions count from 1, and from the end if negative.

    Raises:
        EvaluationError: The position is 0, or too large.
    """
    if index == 0 or abs(index) > _MAX_SIZE:
        raise EvaluationError(f"inserts an element at position {index}")
    require_array(abs(index))
    size = len(array)
    if -index > size:
        return [value, *[None] * (-index - size - 1), *array]
    start = index - 1 if index > 0 else size + index + 1
    return [*array[:start], *[None] * (start - size), value, *array[start:]]


def _return_unchanged(value: Any) -> Any:
    """Return a value that is equal, in Python, for the values that Spark takes as equal."""
    return "NaN" if isinstance(value, float) and value != value else (value,)  # noqa: PLR0124


def distinct(array: Array) -> list[Any]:
    """Return the elements without later duplicates."""
    return _remove_duplicates(array)


def _remove_duplicates(array: Iterable[Any]) -> list[Any]:
    seen: dict[Any, Any] = {}
    for value in array:
        seen.setdefault(_return_unchanged(value), value)
    return [*seen.values()]


def union(left: Array, right: Array) -> list[Any]:
    """Return the elements of two arrays without duplicates."""
    return _remove_duplicates([*left, *right])


def intersect(left: Array, right: Array) -> list[Any]:
    """Return the elements of the left array that are in the right one, without duplicates."""
    known = {_return_unchanged(value) for value in right}
    return _remove_duplicates(value for value in left if _return_unchanged(value) in known)


def without(left: Array, right: Array) -> list[Any]:
    """Return the elements of the left array that are not in the right one, without duplicates."""
    known = {_return_unchanged(value) for value in right}
    return _remove_duplicates(value for value in left if _return_unchanged(value) not in known)


def overlap(left: Array, right: Array) -> bool | None:
    """Return whether two arrays have an element in common; None if only a null might be one."""
    known = {_return_unchanged(value) for value in right if value is not None}
    if any(value is not None and _return_unchanged(value) in known for value in left):
        return True
    return None if left and right and (None in left or None in right) else False


def repeat(value: Any, count: int) -> list[Any]:
    """Return an array of one value several times."""
    require_array(count)
    return [value] * count


def sequence(start: int, stop: int, step: int) -> list[int]:
    """Return the integers from start to stop, both included."""
    if (step == 0 and start != stop) or (step > 0 and start > stop) or (step < 0 and start < stop):
        raise EvaluationError(f"makes a sequence from {start} to {stop} by {step}")
    if step == 0:
        return [start]
    require_array((stop - start) // step + 1)
    return list(range(start, stop + (1 if step > 0 else -1), step))


def sequence_by_one(start: int, stop: int) -> list[int]:
    """Return the integers from start to stop, both included, upwards or downwards."""
    return sequence(start, stop, 1 if start <= stop else -1)


def make_cast_function(function: Callable[[Any], Any]) -> Callable[[Array], list[Any]]:
    """Return the cast of arrays, from the cast of their elements."""
    return lambda array: [None if value is None else function(value) for value in array]
