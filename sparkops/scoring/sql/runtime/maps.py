"""Functions of maps."""

from __future__ import annotations

from collections.abc import Callable

from ....errors import ModelError
from .evaluation_error import EvaluationError


def make_text_item_function(pairs: str, keys: str) -> Callable[[str, str], str | None]:
    """Return the function that gives the value of a key in a text such as `a=1;b=2`; None if the key is not there.

    Args:
        pairs: What separates the pairs.
        keys: What separates a key from its value.

    Raises:
        ModelError: A separator is empty.
    """
    if not pairs or not keys:
        raise ModelError("its separator of keys and values is empty")

    def find(text: str, key: str) -> str | None:
        values: dict[str, str | None] = {}
        for pair in text.split(pairs):
            name, mark, value = pair.partition(keys)
            if name in values:
                raise EvaluationError(f"makes a map with the key {name!r} twice")
            values[name] = value if mark else None
        return values.get(key)

    return find
