"""String functions with the semantics of Spark's UTF8String: positions count characters from 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def substring(text: str, start: int, length: int) -> str:
    """Return a substring; a negative start counts from the end."""
    if length <= 0:
        return ""
    size = len(text)
    first = start - 1 if start > 0 else (size + start if start < 0 else 0)
    end = min(size, first + length)
    return text[max(0, first) : max(0, end)]


def instr(text: str, part: str) -> int:
    """Return the position of the first occurrence, counted from 1; 0 if there is none."""
    return text.find(part) + 1


def replace(text: str, old: str, new: str) -> str:
    """Return a text with every occurrence replaced; unchanged where `old` is empty."""
    return text.replace(old, new) if old and text else text


def concat_ws(separator: str | None, values: tuple[str | None, ...]) -> str | None:
    """Return the values that are not null, joined by a separator."""
    return None if separator is None else separator.join(value for value in values if value is not None)


def trim(text: str) -> str:
    """Return a text without leading and trailing spaces; other white space stays."""
    return text.strip(" ")


def trim_left(text: str) -> str:
    """Return a text without leading spaces."""
    return text.lstrip(" ")


def trim_right(text: str) -> str:
    """Return a text without trailing spaces."""
    return text.rstrip(" ")


def split(text: str, separator: str) -> list[str]:
    """Return the substrings between separators."""
    return text.split(separator)


def compile_like(pattern: str, escape: str) -> Callable[[str], bool] | None:
    """Return the predicate of a LIKE pattern; None where the pattern is invalid.

    The segments between `%` are searched from left to right without backtracking, so that no pattern is slow.
    """
    segments: list[list[str | None]] = [[]]
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            escaped = next(characters, None)
            if escaped is None or escaped not in ("_", "%", escape):
                return None
            segments[-1].append(escaped)
        elif character == "%":
            segments.append([])
        else:
            segments[-1].append(None if character == "_" else character)
    first, *rest = segments
    return _matches_exactly(first) if not rest else _matches_segments(first, rest[:-1], rest[-1])


def _matches_exactly(segment: Sequence[str | None]) -> Callable[[str], bool]:
    return lambda text: len(text) == len(segment) and _matches_at(text, 0, segment)


def _matches_segments(
    first: Sequence[str | None], middle: Sequence[Sequence[str | None]], last: Sequence[str | None]
) -> Callable[[str], bool]:
    min_length = len(first) + len(last)

    def test(text: str) -> bool:
        if (
            len(text) < min_length
            or not _matches_at(text, 0, first)
            or not _matches_at(text, len(text) - len(last), last)
        ):
            return False
        position, end = len(first), len(text) - len(last)
        for segment in middle:
            place = next(
                (
                    start
                    for start in range(position, end - len(segment) + 1)
                    if _matches_at(text, start, segment)
                ),
                None,
            )
            if place is None:
                return False
            position = place + len(segment)
        return True

    return test


def _matches_at(text: str, start: int, segment: Sequence[str | None]) -> bool:
    return all(
        character is None or text[start + offset] == character for offset, character in enumerate(segment)
    )
