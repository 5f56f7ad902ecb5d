"""Functions of Java's regular expressions, for the patterns that Python matches in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable

from ....errors import ModelError
from ...jvm.bounded_pattern import Match, Pattern, substitute
from ...jvm.regex import translate_group_regex, translate_search_regex

_IGNORE_CASE = "(?i)"


def make_search_function(pattern: str) -> Callable[[str], bool]:
    """Return the predicate of RLIKE.

    Raises:
        ModelError: The pattern is not supported.
    """
    compiled, flags = _split_flags(pattern)
    search = translate_search_regex(compiled, flags).search
    return lambda text: search(text) is not None


def translate_group_pattern(pattern: str, *, may_be_empty: bool) -> Pattern:
    """Return the Python pattern of a Java pattern, with its groups.

    Args:
        pattern: The Java pattern.
        may_be_empty: Whether it may match the empty text, which is possible where only the first match counts.

    Raises:
        ModelError: The pattern is not supported.
    """
    compiled, flags = _split_flags(pattern)
    return translate_group_regex(compiled, may_be_empty=may_be_empty, flags=flags)


def _split_flags(pattern: str) -> tuple[str, int]:
    if pattern.startswith(_IGNORE_CASE):
        return pattern[len(_IGNORE_CASE) :], int(re.IGNORECASE)
    return pattern, 0


def make_extract_function(pattern: str, group: int) -> Callable[[str], str]:
    """Return the function that gives a group of the first match, empty if there is none."""
    search = _compile_with_group(pattern, group, may_be_empty=True).search

    def extract(text: str) -> str:
        match = search(text)
        return (match[group] or "") if match else ""

    return extract


def make_extract_all_function(pattern: str, group: int) -> Callable[[str], list[str]]:
    """Return the function that gives a group of every match."""
    find = _compile_with_group(pattern, group, may_be_empty=False).finditer
    return lambda text: [match[group] or "" for match in find(text)]


def _compile_with_group(pattern: str, group: int, *, may_be_empty: bool) -> Pattern:
    compiled = translate_group_pattern(pattern, may_be_empty=may_be_empty)
    if not 0 <= group <= compiled.groups:
        raise ModelError(f"its pattern {pattern!r} has no group {group}")
    return compiled


def make_replace_function(pattern: str, replacement: str) -> Callable[[str], str]:
    """Return the function that replaces every match; the replacement refers to groups as `$1`."""
    compiled = translate_group_pattern(pattern, may_be_empty=False)
    parts = _split_replacement(replacement, compiled.groups)

    def expand(match: Match) -> str:
        return "".join([part if isinstance(part, str) else match[part] or "" for part in parts])

    if not isinstance(compiled, re.Pattern):
        return lambda text: substitute(compiled, expand, text)
    if all(isinstance(part, str) for part in parts):
        template = "".join(map(str, parts)).replace("\\", "\\\\")
        return lambda text: compiled.sub(template, text)
    return lambda text: compiled.sub(expand, text)


def _split_replacement(replacement: str, groups: int) -> list[str | int]:
    """Return the literal texts and the numbers of groups of a replacement of Java."""
    parts: list[str | int] = []
    position = 0
    while position < len(replacement):
        letter = replacement[position]
        position += 1
        following = replacement[position : position + 1]
        if letter == "\\":
            if not following:
                raise ModelError(f"its replacement {replacement!r} ends with a backslash")
            parts.append(following)
            position += 1
        elif letter == "$":
            group, position = _read_group_number(replacement, position, groups)
            parts.append(group)
        else:
            parts.append(letter)
    return parts


def _read_group_number(replacement: str, position: int, groups: int) -> tuple[int, int]:
    """Return the group after a `$`, of as many digits as make an existing group, and the position after it."""
    digits = replacement[position : position + 1]
    if not (digits.isascii() and digits.isdigit()) or int(digits) > groups:
        raise ModelError(f"its replacement {replacement!r} refers to a group that its pattern does not have")
    group, position = int(digits), position + 1
    while position < len(replacement) and replacement[position] in "0123456789":
        longer = group * 10 + int(replacement[position])
        if longer > groups:
            break
        group, position = longer, position + 1
    return group, position


def make_count_function(pattern: str) -> Callable[[str], int]:
    """Return the function that counts matches."""
    find = translate_group_pattern(pattern, may_be_empty=False).finditer
    return lambda text: sum(1 for _ in find(text))


def make_substring_function(pattern: str) -> Callable[[str], str | None]:
    """Return the function that gives the first match, None if there is none."""
    search = translate_group_pattern(pattern, may_be_empty=True).search

    def find(text: str) -> str | None:
        match = search(text)
        return match[0] if match else None

    return find


def make_position_function(pattern: str) -> Callable[[str], int]:
    """Return the function that gives the position of the first match, counted from 1; 0 if there is none."""
    search = translate_group_pattern(pattern, may_be_empty=True).search

    def find(text: str) -> int:
        match = search(text)
        return match.start() + 1 if match else 0

    return find


def make_split_function(pattern: str, limit: int) -> Callable[[str], list[str]]:
    """Return the function that splits a text at matches, into at most `limit` parts if that is positive."""
    compiled = translate_group_pattern(pattern, may_be_empty=False)
    is_position = compiled.search("") is not None or "(?" in pattern
    if not compiled.groups and not is_position:
        times = limit - 1 if limit > 0 else 0
        if limit == 1:
            return lambda text: [text]
        return lambda text: compiled.split(text, maxsplit=times)
    find = compiled.finditer

    def split(text: str) -> list[str]:
        parts: list[str] = []
        position = 0
        for match in find(text):
            if len(parts) + 1 == limit:
                break
            # Java makes no empty part if the pattern matches the empty text at the beginning.
            if match.end() == 0:
                continue
            parts.append(text[position : match.start()])
            position = match.end()
        return [*parts, text[position:]]

    return split


def split_characters(text: str) -> list[str]:
    """Return the characters of a text."""
    return [*text] if text else [""]
