r"""Patterns whose search takes time in proportion to the text, whatever the text is.

Python's engine backtracks: `\s*,` takes a second for a text of 10,000 spaces, and a pattern with k repetitions may take
n^(k + 1) steps for n characters. RE2's takes n steps, and finds the same match, but costs more for a short text. So a
short text is searched by Python's engine, and a longer one by RE2's. Where RE2 cannot express a pattern, or is not
installed, a longer text is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

from ...core.wording import truncate
from ...errors import RowError
from .regex_characters import END

# Steps of Python's engine up to which it always searches a text (about 10 ms), and beyond which it never does (about
# 4 s).
_FAST_STEPS, _MOST_STEPS = 1e6, 4e8
_LINE_END = re.compile(r"(?:\r\n|[\n\r\x85\u2028\u2029])\Z")
_RANGE = re.compile(r"[^\\\]\[]-[^\\\]\[]")
_PART = re.compile(
    rf"\\u[0-9a-f]{{4}}|\\x[0-9a-f]{{2}}|\\.|\(\?:|\[\^?|\]|(?:{{\d+,?\d*}})|{_RANGE.pattern}|.", re.DOTALL
)
_SPACES = r"\t-\r "


class Match(Protocol):
    """A match of a pattern."""

    def __getitem__(self, group: int, /) -> Any:
        """Return the text of a group."""

    def start(self) -> int:
        """Return the position of the match."""

    def end(self) -> int:
        """Return the position after the match."""


class Pattern(Protocol):
    """What is used of a compiled pattern: `re.Pattern` is one."""

    @property
    def groups(self) -> int:
        """Return the number of groups."""

    def search(self, string: str, /) -> Match | None:
        """Return the first match."""

    def finditer(self, string: str, /) -> Iterator[Any]:
        """Return the matches."""

    def split(self, string: str, /, maxsplit: int = 0) -> list[Any]:
        """Return the texts between matches."""


@dataclass(frozen=True, slots=True)
class BoundedPattern:
    """A pattern that takes Python's engine more than a time in proportion to the text.

    Args:
        pattern: The pattern for Python's engine.
        short: Characters of a text that it is given.
        longest: Characters of a text beyond which it is not given one, whatever the alternative.
        linear: The pattern for RE2's engine; None if there is none.
        has_end: Whether it ends with Java's `$`, of which the pattern for RE2 has the end of the text only.
    """

    pattern: re.Pattern[str]
    short: int
    longest: int
    linear: Any = None
    has_end: bool = False

    @property
    def groups(self) -> int:
        """Return the number of groups."""
        return self.pattern.groups

    def search(self, string: str, /) -> Match | None:
        """Return the first match."""
        if len(string) <= self.short:
            return self.pattern.search(string)
        engine = self._choose(string)
        match: Match | None = engine.search(string)
        if match is None and self.has_end and engine is self.linear:
            match = engine.search(_LINE_END.sub("", string))
        return match

    def finditer(self, string: str, /) -> Iterator[Any]:
        """Return the matches."""
        matches: Iterator[Any] = self._choose(string).finditer(string)
        return matches

    def split(self, string: str, /, maxsplit: int = 0) -> list[Any]:
        """Return the texts between matches."""
        parts: list[Any] = self._choose(string).split(string, maxsplit=maxsplit)
        return parts

    def _choose(self, string: str) -> Any:
        if len(string) <= self.short:
            return self.pattern
        if self.linear is not None and not _has_surrogate(string):
            return self.linear
        if len(string) <= self.longest:
            return self.pattern
        raise RowError(
            f"A text of {len(string):,} characters is refused: {truncate(repr(self.pattern.pattern), 200)} may take "
            f"too long to match one of more than {self.longest:,}.",
            value=string[:100],
        )


def bound_pattern(text: str, flags: int, *, degree: int, ignores_place: bool) -> Pattern:
    """Return a compiled pattern of Python whose search is bounded in time.

    Args:
        text: The pattern.
        flags: Its flags.
        degree: Power of the length of a text to which the number of steps of Python's engine is proportional, at most.
        ignores_place: Whether only the existence of a match matters, not its place.
    """
    compiled = re.compile(text, flags)
    if degree <= 1:
        return compiled
    short, longest = (int(steps ** (1 / degree)) for steps in (_FAST_STEPS, _MOST_STEPS))
    if not _is_linear_engine_installed():
        return compiled
    has_end = text.endswith(END)
    if has_end and not ignores_place:
        return BoundedPattern(compiled, short, longest)
    linear = _compile_linear(text, ignore_case=bool(flags & re.IGNORECASE))
    return BoundedPattern(compiled, short, longest, linear, has_end)


def substitute(pattern: Pattern, replace: Callable[[Match], str], text: str) -> str:
    """Return a text in which each match is replaced by what a function returns for it."""
    parts, position = [], 0
    for match in pattern.finditer(text):
        parts += [text[position : match.start()], replace(match)]
        position = match.end()
    return "".join([*parts, text[position:]])


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _compile_linear(text: str, *, ignore_case: bool) -> Any:
    """Return RE2's pattern with the matches of a pattern of Python; None if it cannot express it."""
    import re2

    translated = _translate(text, ignore_case=ignore_case)
    if translated is None:
        return None
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(translated, options)
    except re2.error:
        return None


def _is_linear_engine_installed() -> bool:
    return find_spec("re2") is not None


def _translate(text: str, *, ignore_case: bool) -> str | None:
    """Return a pattern of Python, flag ASCII, in the syntax of RE2; None where it has no equivalent."""
    head, is_end, tail = text.rpartition(END)
    body = head if is_end else text
    if END in head or (is_end and tail) or "(?=" in body or "(?!" in body or "(?<" in body:
        return None
    parts: list[str] = []
    is_class = False
    for match in _PART.finditer(body):
        part = match[0]
        if part == r"\S" and is_class:
            return None
        if part in ("[", "[^", "]"):
            is_class = part != "]"
        parts.append(_translate_part(part, is_class=is_class, ignore_case=ignore_case))
    # `$` binds to the last alternative only.
    return "".join(parts) + (r"\z" if is_end else "")


def _translate_part(part: str, *, is_class: bool, ignore_case: bool) -> str:
    if part in (r"\s", r"\S"):
        negation = "^" if part == r"\S" else ""
        return _SPACES if is_class else f"[{negation}{_SPACES}]"
    if part.startswith(r"\u"):
        return rf"\x{{{part[2:]}}}"
    if not ignore_case or part.startswith(("\\", "(?")):
        return part
    # Python's flags ASCII and IGNORECASE: the other case of letters of ASCII, and of no other letter.
    first, last = (part[0], part[2]) if is_class and _RANGE.fullmatch(part) else (part, part)
    if len(first) != 1 or len(last) != 1:
        return part
    letters = [
        letter
        for letter in map(chr, range(ord(first), ord(last) + 1))
        if letter.isascii() and letter.isalpha()
    ]
    others = "".join(letter.swapcase() for letter in letters)
    return part + others if is_class or not others else f"[{part}{others}]"
