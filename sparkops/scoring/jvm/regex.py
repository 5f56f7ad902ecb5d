r"""The part of Java's regular expressions that Python matches in the same way, written as Python's.

Both are leftmost and backtrack in the same order. What differs, or differs between versions of Java, is refused:
`$`, `\b`, flags, groups that look around or are named, back references, classes of Unicode, nested classes. So are
patterns that match nothing at all (each steps on in its own way, and Java into the midst of a character), and a
repeated group that may match one text in two ways (Python may take forever).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from ...errors import ModelError

_MOST_CHARACTERS, _MOST_TIMES, _DEEPEST = 1000, 1000, 20
_ANY = r"[^\n\r\x85\u2028\u2029]"
_END = r"(?=(?:\r\n|(?<!\r)\n|[\r\x85\u2028\u2029])?\Z)"  # Java's `$`: the end, or before a last line's
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_DIGITS = {"x": 2, "u": 4}
_LETTERS = {
    "h": r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r"\s",
}
_times = re.compile(r"[*+?]|\{(\d+)(,?)(\d*)\}")
_named = re.compile(r"p\{(\w+)\}")


def translate_regex(pattern: str) -> re.Pattern[str]:
    """Return Python's form of a Java pattern that matches the same, everywhere in every text.

    Raises:
        ModelError: It holds something that is not proved to match the same.
    """
    if len(pattern) > _MOST_CHARACTERS:
        raise ModelError(f"its pattern is longer than {_MOST_CHARACTERS} characters")
    reader = _Reader(pattern)
    whole = reader.whole()
    if whole.empty:
        reader.refuse("it may match nothing at all")
    return re.compile(whole.text, re.ASCII)


def translate_search_regex(pattern: str) -> re.Pattern[str]:
    """Return Python's form of a Java pattern that is found in the same texts, wherever it is found in them.

    It may match nothing, and may hold `$`: whether it is found somewhere does not depend on how one steps on.

    Raises:
        ModelError: It holds something that is not proved to be found the same.
    """
    if len(pattern) > _MOST_CHARACTERS:
        raise ModelError(f"its pattern is longer than {_MOST_CHARACTERS} characters")
    return re.compile(_Reader(pattern, ends=True).whole().text, re.ASCII)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern.

    Args:
        text: Python's form of it.
        empty: Whether it may match nothing.
        free: Whether it has a choice how to match.
        pair: Python's forms of two characters, where it is the one and then the other some times.
        sign: Python's form of the one character that it is, or that it repeats.
    """

    text: str
    empty: bool = False
    free: bool = False
    pair: tuple[str, str] | None = None
    sign: str = ""


@dataclass(frozen=True, slots=True)
class _Sign:
    """A character, or a class of them: Python's text of it within brackets; the character itself, if it is one."""

    inside: str
    letter: str = ""

    @property
    def alone(self) -> str:
        """Return Python's text of it without brackets around."""
        return self.inside if self.letter or self.inside[1:] in set("sdwSDW") else f"[{self.inside}]"


class _Reader:
    def __init__(self, pattern: str, *, ends: bool = False) -> None:
        self.pattern, self.at, self.ends = pattern, 0, ends

    def whole(self) -> _Part:
        """Read the whole pattern."""
        part = self.choice(0)
        if self.at < len(self.pattern):
            self.refuse("a `)` without its `(`")
        return part

    def refuse(self, why: str) -> NoReturn:
        raise ModelError(
            f"its pattern {self.pattern!r} is not one that Python surely matches as Java does: {why}"
        )

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        letter = self.peek()
        if not letter:
            self.refuse("it ends too early")
        if letter > "\uffff" or "\ud800" <= letter <= "\udfff":
            self.refuse("a character beyond the basic plane")
        self.at += 1
        return letter

    def choice(self, depth: int) -> _Part:
        """Read alternatives up to a `)` or the end."""
        if depth > _DEEPEST:
            self.refuse("its groups are too deep")
        found = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            found.append(self.sequence(depth))
        if len(found) == 1:
            return found[0]
        text = "|".join(part.text for part in found)
        return _Part(text, any(part.empty for part in found), free=True)

    def sequence(self, depth: int) -> _Part:
        found = []
        while self.peek() not in ("", "|", ")"):
            found.append(self.repeated(depth))
        text = "".join(part.text for part in found)
        free = any(part.free for part in found)
        return _Part(text, all(part.empty for part in found), free, _pair(found))

    def repeated(self, depth: int) -> _Part:
        """Read one atom, and how often it comes."""
        anchor = self.peek() == "^"
        part = self.atom(depth)
        match = _times.match(self.pattern, self.at)
        if match is None:
            return part
        self.at = match.end()
        least, most = self.times(match)
        if anchor or part.empty:
            self.refuse("what may match nothing is repeated")
        if part.free and most != 1 and not (part.pair and _disjoint(*part.pair)):
            self.refuse("a repeated group that may match one text in two ways")
        lazy = "?" if self.peek() == "?" else ""
        self.at += len(lazy)
        if self.peek() and self.peek() in "*+?{":
            self.refuse("a repetition of a repetition, or one that never gives back")
        free = part.free or least != most
        return _Part(f"{part.text}{match[0]}{lazy}", least == 0, free, sign=part.sign)

    def times(self, match: re.Match[str]) -> tuple[int, int | None]:
        if match[1] is None:
            return int(match[0] == "+"), 1 if match[0] == "?" else None
        least = int(match[1])
        most = int(match[3]) if match[3] else None if match[2] else least
        if (
            (match[3] and not match[2])
            or least > _MOST_TIMES
            or not least <= (most or least) <= _MOST_TIMES
            or most == 0
        ):
            self.refuse(f"the repetition {match[0]}")
        return least, most

    def atom(self, depth: int) -> _Part:
        letter = self.take()
        if letter == "(":
            return self.group(depth)
        if letter == "[":
            return _sign(self.letters())
        if letter == "\\":
            return _sign(self.escaped().alone)
        if letter == ".":
            return _sign(_ANY)
        if letter == "^" or (letter == "$" and self.ends):
            return _Part("^" if letter == "^" else _END, empty=True)
        if letter in "$*+?{":
            self.refuse(f"`{letter}`")
        return _sign(_one(letter).alone)

    def group(self, depth: int) -> _Part:
        if self.peek() == "?":
            if not self.pattern.startswith("?:", self.at):
                self.refuse("a group that begins with `(?`")
            self.at += 2
        part = self.choice(depth + 1)
        if self.take() != ")":
            self.refuse("a `(` without its `)`")
        return _Part(f"(?:{part.text})", part.empty, part.free, part.pair)

    def letters(self) -> str:
        """Read a class of characters, after its `[`."""
        negated = self.peek() == "^"
        self.at += negated
        found = [self.span(first=True)]
        while self.peek() != "]":
            found.append(self.span(first=False))
        self.at += 1
        return f"[{'^' if negated else ''}{''.join(found)}]"

    def span(self, *, first: bool) -> str:
        """Read a character, a range of them, or a class that has a name, within a class."""
        bare = self.peek() == "-"
        low = self.member()
        if bare and not first and self.peek() != "]":
            self.refuse("a `-` in the midst of a class")
        if self.peek() != "-" or self.pattern[self.at + 1 : self.at + 2] == "]":
            return low.inside
        self.at += 1
        high = self.member()
        if len(low.letter) + len(high.letter) != 2:  # noqa: PLR2004
            self.refuse("a range to or from a class")
        if low.letter > high.letter or (low.letter < "\ue000" and high.letter >= "\ud800"):
            self.refuse("a range that is empty or holds halves of characters")
        return f"{low.inside}-{high.inside}"

    def member(self) -> _Sign:
        letter = self.take()
        if letter in "[]^" or (letter == "&" and self.peek() == "&"):
            self.refuse("a class within a class, or `[`, `]`, `^` in one without a backslash")
        return self.escaped() if letter == "\\" else _one(letter)

    def escaped(self) -> _Sign:
        """Read what follows a backslash."""
        start, letter = self.at, self.take()
        if letter in "sdwSDW":
            return _Sign(f"\\{letter}")
        if letter in _CONTROL:
            return _one(_CONTROL[letter])
        if letter in _DIGITS:
            return self.numbered(_DIGITS[letter])
        match = _named.match(self.pattern, start)
        name = match[1] if match else letter
        if name in _LETTERS and (match or letter == "h"):
            self.at = match.end() if match else self.at
            return _Sign(_LETTERS[name])
        if not letter.isascii() or letter.isalnum():
            self.refuse(f"`\\{match[0] if match else letter}`")
        return _one(letter)

    def numbered(self, digits: int) -> _Sign:
        text = self.pattern[self.at : self.at + digits]
        if not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", text) or "d800" <= f"{text:>04}".lower() <= "dfff":
            self.refuse(f"the character number `{text}`")
        self.at += digits
        return _one(chr(int(text, 16)))


def _sign(text: str) -> _Part:
    return _Part(text, sign=text)


def _pair(parts: Sequence[_Part]) -> tuple[str, str] | None:
    if len(parts) != 2 or parts[0].free or not parts[0].sign or not parts[1].sign:  # noqa: PLR2004
        return None
    return parts[0].sign, parts[1].sign


@lru_cache(maxsize=32)
def _disjoint(first: str, second: str) -> bool:
    """Tell whether no character is both; then it is plain to see where a run of the pair begins anew."""
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10001))))
    found = (set(re.findall(sign, every, re.ASCII)) for sign in (first, second))
    return set.isdisjoint(*found)


def _one(letter: str) -> _Sign:
    """Return one character as text that means itself, in a class and out of one."""
    plain = letter.isascii() and letter >= " "
    return _Sign(re.escape(letter) if plain else f"\\u{ord(letter):04x}", letter)
