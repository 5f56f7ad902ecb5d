"""Single characters and classes of characters of Java patterns, as Python patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# Java's `$`: the end, or before the terminator of the last line.
END = r"(?=(?:\r\n|(?<!\r)\n|[\r\x85\u2028\u2029])?\Z)"
ANY_CHARACTER = r"[^\n\r\x85\u2028\u2029]"
CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
CODE_DIGITS = {"x": 2, "u": 4}
CLASSES = {
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


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """A character or a class of characters.

    Args:
        inside: Python text within brackets.
        letter: The character, if it is a single one.
    """

    inside: str
    letter: str = ""

    @property
    def standalone(self) -> str:
        """Return the Python text outside of brackets."""
        return self.inside if self.letter or self.inside[1:] in set("sdwSDW") else f"[{self.inside}]"


@lru_cache(maxsize=32)
def are_disjoint(first: str, second: str) -> bool:
    """Return whether no character matches both, so that repetitions of the pair have only one way to match."""
    characters = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10001))))
    matches = (set(re.findall(pattern, characters, re.ASCII)) for pattern in (first, second))
    return set.isdisjoint(*matches)


def matches_ascii_only(character: str) -> bool:
    """Return whether a pattern of a single character matches characters of ASCII only."""
    return are_disjoint(character, "[^\\x00-\\x7f]")


def matches_halves(character: str) -> bool:
    """Return whether a pattern of one character matches all characters beyond ASCII.

    Such a pattern matches halves of surrogate pairs, too.
    """
    return character == ANY_CHARACTER or are_disjoint(f"(?!{character})[^\\x00-\\x7f]", "[^\\x00-\\x7f]")


def make_literal(letter: str) -> CharacterSet:
    """Return a character, escaped so that it means itself within and outside brackets."""
    is_printable_ascii = letter.isascii() and letter >= " "
    return CharacterSet(re.escape(letter) if is_printable_ascii else f"\\u{ord(letter):04x}", letter)
