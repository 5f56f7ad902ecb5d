"""Date and time patterns (Java's DateTimeFormatter, locale US) of letters that every JVM writes alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from .evaluation_error import EvaluationError, UnrepresentableError

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TOKEN = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)'|([^A-Za-z'])", re.DOTALL)
_RESERVED = frozenset("[]{}#")
_MAX_LENGTH, _MAX_SHOWN = 100, 40
_QUARTERS = ("1st quarter", "2nd quarter", "3rd quarter", "4th quarter")


class UnsupportedPattern(Exception):
    """A pattern with a letter or a form that is not supported; the message says which."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A letter with its number of repetitions, or a literal text where the letter is empty."""

    letter: str
    count: int
    text: str = ""


def _split_tokens(pattern: str) -> list[_Token]:
    if len(pattern) > _MAX_LENGTH:
        raise UnsupportedPattern(f"it is longer than {_MAX_LENGTH} characters")
    tokens, position = [], 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        if match is None:
            raise UnsupportedPattern("it has a quote that does not end")
        position = match.end()
        if match[1]:
            tokens.append(_Token(match[1], len(match[0])))
        elif match[3] is None:
            tokens.append(_Token("", 0, match[2].replace("''", "'") or "'"))
        elif match[3] in _RESERVED:
            raise UnsupportedPattern(f"it has `{match[3]}`")
        else:
            tokens.append(_Token("", 0, match[3]))
    return tokens


# Formatting: a format of Python's str.format over the timestamp for each letter and count.

_TWO_DIGITS = {1: "{}", 2: "{:02d}"}
_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "d": lambda value: value.day,
    "H": lambda value: value.hour,
    "h": lambda value: (value.hour - 1) % 12 + 1,
    "k": lambda value: (value.hour - 1) % 24 + 1,
    "K": lambda value: value.hour % 12,
    "m": lambda value: value.minute,
    "s": lambda value: value.second,
}
_MAX_YEAR_COUNT, _MAX_FRACTION = 6, 9
Part = Callable[[datetime], str]


@lru_cache(maxsize=64)
def make_format_function(pattern: str) -> Callable[[datetime], str]:
    """Return the function that formats a timestamp.

    Raises:
        UnsupportedPattern: The pattern is not supported.
    """
    parts = [_make_part(token) for token in _split_tokens(pattern)]
    return lambda value: "".join([part(value) for part in parts])


def _make_part(token: _Token) -> Part:
    letter, count = token.letter, token.count
    if not letter:
        return lambda _: token.text
    if letter in _NUMBERS and count in _TWO_DIGITS:
        field, form = _NUMBERS[letter], _TWO_DIGITS[count].format
        return lambda value: form(field(value))
    part = _NAMED_PARTS.get((letter, count))
    if part is not None:
        return part
    if letter == "y" and count <= _MAX_YEAR_COUNT:
        return lambda value: f"{value.year:0{count}d}"
    if letter == "D" and count <= 3:  # noqa: PLR2004
        return lambda value: f"{value.timetuple().tm_yday:0{count}d}"
    if letter == "S" and count <= _MAX_FRACTION:
        return lambda value: f"{value.microsecond:06d}000"[:count]
    raise UnsupportedPattern(f"`{letter * count}` is not supported")


def _find_month_name(value: datetime) -> str:
    return MONTHS[value.month - 1]


def _find_quarter(value: datetime) -> int:
    return (value.month + 2) // 3


_NAMED_PARTS: dict[tuple[str, int], Part] = {
    ("y", 2): lambda value: f"{value.year % 100:02d}",
    ("M", 1): lambda value: str(value.month),
    ("M", 2): lambda value: f"{value.month:02d}",
    ("M", 3): lambda value: _find_month_name(value)[:3],
    ("M", 4): _find_month_name,
    ("L", 1): lambda value: str(value.month),
    ("L", 2): lambda value: f"{value.month:02d}",
    **{("E", count): lambda value: DAYS[value.weekday()][:3] for count in (1, 2, 3)},
    ("E", 4): lambda value: DAYS[value.weekday()],
    ("a", 1): lambda value: "AM" if value.hour < 12 else "PM",  # noqa: PLR2004
    ("Q", 1): lambda value: str(_find_quarter(value)),
    ("Q", 2): lambda value: f"{_find_quarter(value):02d}",
    ("Q", 3): lambda value: f"Q{_find_quarter(value)}",
    ("Q", 4): lambda value: _QUARTERS[_find_quarter(value) - 1],
}

# Parsing: a regular expression with a named group for each field.

_FIELDS = {
    "y": "year", "M": "month", "L": "month", "d": "day", "H": "hour", "k": "clock", "h": "twelfth", "K": "half",
    "m": "minute", "s": "second", "S": "fraction", "a": "noon",
}  # fmt: skip
_MONTH_NUMBERS = {
    name[:size].lower(): number for number, name in enumerate(MONTHS, 1) for size in (3, len(name))
}
# Five digits and more need a sign in Java; a negative year, which Java reads, is refused as one that Python lacks.
_YEARS = {1: r"-?\d+", 2: r"\d{2}", 3: r"-?\d{3,}", 4: r"-?\d{4}", 5: r"-?\d{5}", 6: r"-?\d{6}"}


@lru_cache(maxsize=64)
def make_parse_function(pattern: str) -> Callable[[str], datetime]:
    """Return the function that parses a text; fields that the pattern lacks are those of 1970-01-01 00:00:00.

    Raises:
        UnsupportedPattern: The pattern is not supported.
    """
    tokens = _split_tokens(pattern)
    names = [_FIELDS.get(token.letter, token.letter) for token in tokens if token.letter]
    if len(set(names)) != len(names):
        raise UnsupportedPattern("it has a field twice")
    regex = re.compile("".join(map(_build_part_regex, tokens)), re.ASCII | re.IGNORECASE)
    short_year = any(token.letter == "y" and token.count == 2 for token in tokens)  # noqa: PLR2004

    def parse(text: str) -> datetime:
        match = regex.fullmatch(text)
        if match is None:
            raise _make_invalid_error(text, pattern)
        try:
            return _build_timestamp(match.groupdict(), short_year=short_year)
        except ValueError:
            raise _make_invalid_error(text, pattern) from None

    return parse


def _build_part_regex(token: _Token) -> str:
    letter, count = token.letter, token.count
    if not letter:
        return re.escape(token.text)
    name = _FIELDS.get(letter)
    regex = None
    if letter == "y":
        regex = _YEARS.get(count)
    elif letter == "S" and count <= _MAX_FRACTION:
        regex = rf"\d{{1,{count}}}"
    elif letter == "a" and count == 1:
        regex = "AM|PM"
    elif letter == "M" and count in (3, 4):
        regex = "|".join(month[:3] if count == 3 else month for month in MONTHS)  # noqa: PLR2004
    elif name is not None and letter not in "ySa" and count in _TWO_DIGITS:
        regex = r"\d+" if count == 1 else r"\d{2}"
    if name is None or regex is None:
        raise UnsupportedPattern(f"`{letter * count}` is not supported for reading a text")
    return f"(?P<{name}>{regex})"


def _build_timestamp(fields: dict[str, Any], *, short_year: bool) -> datetime:
    """Return the timestamp of the fields' texts.

    Raises:
        ValueError: A field is out of range.
    """
    year = int(fields.get("year", 1970)) + (2000 if short_year else 0)
    if not 1 <= year <= 9999:  # noqa: PLR2004
        raise UnrepresentableError
    month = fields.get("month", "1")
    number = int(month) if month.isdigit() else _MONTH_NUMBERS[month.lower()]
    fraction = int(fields.get("fraction", "")[:6].ljust(6, "0"))
    time = (_find_hour(fields), int(fields.get("minute", 0)), int(fields.get("second", 0)), fraction)
    return datetime(year, number, int(fields.get("day", 1)), *time)  # noqa: DTZ001


def _find_hour(fields: dict[str, Any]) -> int:
    afternoon: int = 12 * (fields.get("noon", "am").lower() == "pm")
    if "hour" in fields:
        return int(fields["hour"])
    if "clock" in fields:
        return _require_range(int(fields["clock"]), 1, 24) % 24
    if "twelfth" in fields:
        return _require_range(int(fields["twelfth"]), 1, 12) % 12 + afternoon
    return _require_range(int(fields.get("half", 0)), 0, 11) + afternoon


def _require_range(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ValueError(value)
    return value


def _make_invalid_error(text: str, pattern: str) -> EvaluationError:
    shown = repr(text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "...")
    return EvaluationError(f"reads {shown}, which is not a time of the form {pattern!r}")
