"""Read JSON in parts, so that other threads can run meanwhile.

Python's parser holds the global interpreter lock until it has read the whole text.
"""

from __future__ import annotations

import json
import re
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
# Objects that are read in parts: the request, and its `dataframe_split` or its columns. A row in a list is one part.
_MAX_LEVEL = 2


def decode_in_parts(text: str, decoder: json.JSONDecoder) -> Any:
    """Return the value of a JSON text, as `decoder.decode` does: each row is read by a call of its own.

    Args:
        text: The text.
        decoder: Reads each part; its `object_pairs_hook` must be given.

    Raises:
        json.JSONDecodeError: The text is not JSON.
        RecursionError: It has too many levels.
    """
    value, end = _Reader(text, decoder).read_value(_skip_spaces(text, 0), 0)
    end = _skip_spaces(text, end)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _skip_spaces(text: str, start: int) -> int:
    """Return the position after spaces."""
    match = _SPACE.match(text, start)
    assert match is not None
    return match.end()


class _Reader:
    def __init__(self, text: str, decoder: json.JSONDecoder) -> None:
        self._text, self._decoder = text, decoder

    def read_value(self, start: int, level: int) -> tuple[Any, int]:
        """Return the value at a position, and the position after it."""
        if level < _MAX_LEVEL and self._text.startswith("{", start):
            return self._read_object(start + 1, level + 1)
        if self._text.startswith("[", start):
            first = _skip_spaces(self._text, start + 1)
            if self._text.startswith(("{", "["), first):
                return self._read_list(first)
        return self._decoder.raw_decode(self._text, start)

    def _read_list(self, start: int) -> tuple[list[Any], int]:
        """Return the items of a list, of which there is at least one."""
        items, position = [], start
        while True:
            item, position = self._decoder.raw_decode(self._text, _skip_spaces(self._text, position))
            items.append(item)
            position = _skip_spaces(self._text, position)
            if self._text.startswith("]", position):
                return items, position + 1
            position = self._expect(",", position)

    def _read_object(self, start: int, level: int) -> tuple[Any, int]:
        pairs, position = [], _skip_spaces(self._text, start)
        is_empty = self._text.startswith("}", position)
        while not is_empty:
            position = _skip_spaces(self._text, position)
            if not self._text.startswith('"', position):
                raise json.JSONDecodeError(
                    "Expecting property name enclosed in double quotes", self._text, position
                )
            name, position = self._decoder.raw_decode(self._text, position)
            position = self._expect(":", _skip_spaces(self._text, position))
            value, position = self.read_value(_skip_spaces(self._text, position), level)
            pairs.append((name, value))
            position = _skip_spaces(self._text, position)
            if self._text.startswith("}", position):
                break
            position = self._expect(",", position)
        assert self._decoder.object_pairs_hook is not None
        return self._decoder.object_pairs_hook(pairs), position + 1

    def _expect(self, delimiter: str, position: int) -> int:
        """Return the position after a delimiter."""
        if not self._text.startswith(delimiter, position):
            raise json.JSONDecodeError(f"Expecting {delimiter!r} delimiter", self._text, position)
        return position + 1
