"""Functions of text as Spark's UTF8String has them: positions are counted in characters, from 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def substring(text: str, start: int, length: int) -> str:
    """Return a part of a text; a start below 0 counts from the end."""
    if length <= 0:
        return ""
    size = len(text)
    first = start - 1 if start > 0 else (size + start if start < 0 else 0)
    end = min(size, first + length)
    return text[max(0, first) : max(0, end)]


def find(text: str, part: str) -> int:
    """Return where a part begins; 0 where it is not."""
    return text.find(part) + 1


def replace(text: str, old: str, new: str) -> str:
    """Return a text with each old part replaced; an empty one is not looked for."""
    return text.replace(old, new) if old and text else text


def joined(separator: str | None, values: tuple[str | None, ...]) -> str | None:
    """Return the values that are not null, with a separator between them."""
    return None if separator is None else separator.join(value for value in values if value is not None)


def trim(text: str) -> str:
    """Return a text without the spaces around it; other white space stays."""
    return text.strip(" ")


def trim_left(text: str) -> str:
    """Return a text without the spaces before it."""
    return text.lstrip(" ")


def trim_right(text: str) -> str:
    """Return a text without the spaces after it."""
    return text.rstrip(" ")


def parts(text: str, between: str) -> list[str]:
    """Return the parts of a text."""
    return text.split(between)


def like(pattern: str, escape: str) -> Callable[[str], bool] | None:
    """Return the test of a LIKE pattern; None where the pattern is not valid.

    It looks for one fixed piece after another, so that no pattern makes it slow.
    """
    pieces: list[list[str | None]] = [[]]
    marks = iter(pattern)
    for mark in marks:
        if mark == escape:
            escaped = next(marks, None)
            if escaped is None or escaped not in ("_", "%", escape):
                return None
            pieces[-1].append(escaped)
        elif mark == "%":
            pieces.append([])
        else:
            pieces[-1].append(None if mark == "_" else mark)
    first, *rest = pieces
    return _exact(first) if not rest else _around(first, rest[:-1], rest[-1])


def _exact(piece: Sequence[str | None]) -> Callable[[str], bool]:
    return lambda text: len(text) == len(piece) and _at(text, 0, piece)


def _around(
    first: Sequence[str | None], middle: Sequence[Sequence[str | None]], last: Sequence[str | None]
) -> Callable[[str], bool]:
    least = len(first) + len(last)

    def test(text: str) -> bool:
        if len(text) < least or not _at(text, 0, first) or not _at(text, len(text) - len(last), last):
            return False
        at, end = len(first), len(text) - len(last)
        for piece in middle:
            place = next((here for here in range(at, end - len(piece) + 1) if _at(text, here, piece)), None)
            if place is None:
                return False
            at = place + len(piece)
        return True

    return test


def _at(text: str, start: int, piece: Sequence[str | None]) -> bool:
    return all(mark is None or text[start + at] == mark for at, mark in enumerate(piece))
