"""String functions with the semantics of Spark's UTF8String: positions count characters from 1."""

from __future__ import annotations

import base64 as _base64
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from .evaluation_error import EvaluationError
from .hashes import encode_text
from .sizes import require_text

_MAX_LENGTH = 2**31 - 1
_MAX_CACHED = 1000
# Pairs of characters that the edit distance compares.
_MAX_COMPARED = 2**26
_SOUNDEX = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123012.02245501262301.202")
_SOUNDEX_LENGTH = 4


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


def trim_characters(text: str, characters: str) -> str:
    """Return a text without leading and trailing characters of a set."""
    return text.strip(characters) if characters else text


def trim_left_characters(text: str, characters: str) -> str:
    """Return a text without leading characters of a set."""
    return text.lstrip(characters) if characters else text


def trim_right_characters(text: str, characters: str) -> str:
    """Return a text without trailing characters of a set."""
    return text.rstrip(characters) if characters else text


def right(text: str, length: int) -> str:
    """Return the last characters."""
    return text[-length:] if length > 0 else ""


def lpad(text: str, length: int, pad: str) -> str:
    """Return a text padded on the left, or truncated, to a length."""
    missing = length - len(text)
    if missing <= 0 or not pad:
        return text[: max(0, length)]
    require_text(length)
    return _make_padding(missing, pad) + text


def rpad(text: str, length: int, pad: str) -> str:
    """Return a text padded on the right, or truncated, to a length."""
    missing = length - len(text)
    if missing <= 0 or not pad:
        return text[: max(0, length)]
    require_text(length)
    return text + _make_padding(missing, pad)


def _make_padding(length: int, pad: str) -> str:
    return (pad * (length // len(pad) + 1))[:length]


def repeat(text: str, count: int) -> str:
    """Return a text several times.

    Raises:
        EvaluationError: The result would be too long.
    """
    require_text(len(text) * count)
    return text * count


def space(count: int) -> str:
    """Return a number of spaces."""
    return repeat(" ", count)


def initcap(text: str) -> str:
    """Return a text with each word, after a space, in title case."""
    lower = text.lower()
    return "".join(
        letter.title() if index == 0 or lower[index - 1] == " " else letter
        for index, letter in enumerate(lower)
    )


def substring_index(text: str, separator: str, count: int) -> str:
    """Return what precedes the count-th separator, or follows it from the end if the count is negative."""
    if not separator or count == 0:
        return ""
    if count > 0:
        index = -1
        for _ in range(count):
            index = text.find(separator, index + 1)
            if index < 0:
                return text
        return text[:index]
    index = len(text) - len(separator) + 1
    for _ in range(-count):
        index = text.rfind(separator, 0, index - 1 + len(separator)) if index > 0 else -1
        if index < 0:
            return text
    return text[index + len(separator) :]


def split_part(text: str, separator: str, position: int) -> str:
    """Return a substring between separators, counted from 1, or from the end if negative; empty if there is none."""
    if position == 0:
        raise EvaluationError("takes the part at position 0")
    parts = text.split(separator) if separator else [text]
    index = position - 1 if position > 0 else len(parts) + position
    return parts[index] if 0 <= index < len(parts) else ""


def locate(part: str, text: str, start: int) -> int:
    """Return the position of the first occurrence from a position on, counted from 1; 0 if there is none."""
    if start < 1:
        return 0
    return text.find(part, start - 1) + 1 if part else 1


def _make_translation(characters: str, replacements: str) -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for index, character in enumerate(characters):
        table.setdefault(ord(character), replacements[index] if index < len(replacements) else None)
    return table


# Texts of rows are no keys that are kept, unless they are short.
_cached_translation = lru_cache(maxsize=256)(_make_translation)


def translate(text: str, characters: str, replacements: str) -> str:
    """Return a text with each character replaced by the one at its position, or removed where there is none."""
    is_short = len(characters) + len(replacements) <= _MAX_CACHED
    return text.translate((_cached_translation if is_short else _make_translation)(characters, replacements))


def overlay(text: str, replacement: str, start: int, length: int) -> str:
    """Return a text with a part replaced; a negative length is that of the replacement."""
    size = len(replacement) if length < 0 else length
    return substring(text, 1, start - 1) + replacement + substring(text, start + size, _MAX_LENGTH)


def find_in_set(part: str, parts: str) -> int:
    """Return the position of a text in a list separated by commas, counted from 1; 0 if it is not there."""
    if "," in part:
        return 0
    items = parts.split(",")
    return items.index(part) + 1 if part in items else 0


def ascii_code(text: str) -> int:
    """Return the code point of the first character; 0 for the empty text."""
    return ord(text[0]) if text else 0


def character(code: int) -> str:
    """Return the character of a code modulo 256; the empty text for a negative one."""
    return chr(code & 0xFF) if code >= 0 else ""


def octet_length(text: str) -> int:
    """Return the number of bytes in UTF-8."""
    return len(encode_text(text))


def bit_length(text: str) -> int:
    """Return the number of bits in UTF-8."""
    return octet_length(text) * 8


def base64(text: str) -> str:
    """Return a text in UTF-8 as Base64, in lines of 76 characters."""
    code = _base64.b64encode(encode_text(text)).decode("ascii")
    return "\r\n".join(code[start : start + 76] for start in range(0, len(code), 76))


def hex_text(text: str) -> str:
    """Return the bytes of a text in UTF-8 as hexadecimal digits."""
    return encode_text(text).hex().upper()


def hex_long(value: int) -> str:
    """Return an integer as hexadecimal digits; a negative one as 64 bits."""
    return f"{value & 0xFFFFFFFFFFFFFFFF:X}"


def binary_long(value: int) -> str:
    """Return an integer as binary digits; a negative one as 64 bits."""
    return f"{value & 0xFFFFFFFFFFFFFFFF:b}"


def levenshtein(left: str, right: str) -> int:
    """Return the edit distance."""
    if len(left) * len(right) > _MAX_COMPARED:
        raise EvaluationError(
            f"compares texts of {len(left):,} and {len(right):,} characters, which takes too long"
        )
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            current.append(
                min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other))
            )
        previous = current
    return previous[-1]


def levenshtein_within(left: str, right: str, threshold: int) -> int:
    """Return the edit distance, or -1 where it exceeds a threshold."""
    distance = levenshtein(left, right)
    return distance if distance <= threshold else -1


def soundex(text: str) -> str:
    """Return the Soundex code of a text that begins with a letter of ASCII; another text is unchanged."""
    first = text[:1].upper() if text[:1].isascii() else ""
    if not "A" <= first <= "Z":
        return text
    code, last = first, first.translate(_SOUNDEX)
    for letter in text[1:]:
        upper = letter.upper() if letter.isascii() else ""
        if not "A" <= upper <= "Z":
            last = "0"
            continue
        digit = upper.translate(_SOUNDEX)
        if digit == ".":
            continue
        if digit not in ("0", last):
            code += digit
            if len(code) == _SOUNDEX_LENGTH:
                break
        last = digit
    return code.ljust(_SOUNDEX_LENGTH, "0")


def make_mask_function(
    upper: str | None, lower: str | None, digit: str | None, other: str | None
) -> Callable[[str], str]:
    """Return the function that replaces the characters of a text by their kind; None leaves a kind unchanged."""
    kinds = {"Lu": upper, "Ll": lower, "Nd": digit}

    def replace_unit(letter: str) -> str:
        replacement = kinds.get(unicodedata.category(letter), other)
        if letter > "\uffff":
            # Java sees two UTF-16 units, which are neither letters nor digits.
            return letter if other is None else other * 2
        return letter if replacement is None else replacement

    return lambda text: "".join(map(replace_unit, text))


def is_luhn_number(text: str) -> bool:
    """Return whether a text is a number whose last digit is that of Luhn's algorithm."""
    if not text or not all(unicodedata.category(letter) == "Nd" and letter <= "\uffff" for letter in text):
        return False
    total = 0
    for position, letter in enumerate(reversed(text)):
        digit = unicodedata.decimal(letter) * (1 + position % 2)
        total += digit % 10 + digit // 10
    return total % 10 == 0


def quote(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "\\'") + "'"


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
    return _make_exact_matcher(first) if not rest else _make_segments_matcher(first, rest[:-1], rest[-1])


def _make_exact_matcher(segment: Sequence[str | None]) -> Callable[[str], bool]:
    return lambda text: len(text) == len(segment) and _matches_at(text, 0, segment)


def _make_segments_matcher(
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
