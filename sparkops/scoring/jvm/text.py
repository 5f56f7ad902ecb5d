"""Text as Java sees it: lower-casing, and lengths in UTF-16 units.

Spark lower-cases with Java's `String.toLowerCase`. Python's `lower` differs in two ways only, as a walk over all code
points shows: a capital sigma at the end of a word, where each has its own notion of a word, and capitals that
Unicode got after version 13, the version of Java 17.
"""

from __future__ import annotations

import re
from unicodedata import category

# Capitals of Unicode 14, 16 and 17: a Java 17 leaves them as they are.
_NEWER = (
    "\u2c2f\ua7c0\ua7d0\ua7d6\ua7d8\U00010570-\U0001057a\U0001057c-\U0001058a\U0001058c-\U00010592"
    "\U00010594\U00010595\u1c89\ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc\U00010d50-\U00010d65"
    "\U00016ea0-\U00016eb8"
)
_newer = re.compile(f"[{_NEWER}]")
_special = re.compile(f"[\u03a3{_NEWER}]")
_cased_marks = re.compile(
    "[\u02b0-\u02b8\u02c0\u02c1\u02e0-\u02e4\u0345\u037a\u1d2c-\u1d61\u2160-\u217f\u24b6-\u24e9]"
)
# Ideographs, kana, and what Unicode got after version 13: each stands alone.
_apart = re.compile(
    "[\u3005\u3041-\u3094\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe\u4e00-\u9fa5\u9ffd-\u9fff\uf900-\ufa2d"
    "\u0870-\u088e\u0890\u0891\u0898-\u089f\u08b5\u08c8-\u08d2\u0c3c\u0c5d\u0cdd\u170d\u1715\u171f\u180f\u1ac1-\u1ace"
    "\u1b4c\u1dfa\u2c2f\u2c5f\u2e5d\ua7c0\ua7c1\ua7d0\ua7d1\ua7d3\ua7d5-\ua7d9\ua7f2-\ua7f4"
    "\U00010570-\U000105bc\U0001df00-\U0001df1e\U0001df25-\U0001df2a]"
)
# What stands next to what in a word, as Java's word boundaries see it.
_LETTER, _DIGIT, _MARK, _UNSEEN, _IN_WORDS, _IN_NUMBERS, _IN_BOTH, _DANDA, _APART = range(9)
_OWN = (_LETTER, _DIGIT)
_BETWEEN = {
    (_LETTER, _LETTER): (_IN_WORDS, _IN_BOTH),
    (_DIGIT, _DIGIT): (_IN_NUMBERS, _IN_BOTH),
    (_LETTER, _DIGIT): (_DANDA,),
}
_JOINS = {
    "\u00ad": _IN_WORDS,
    "\u2027": _IN_WORDS,
    '"': _IN_BOTH,
    "'": _IN_BOTH,
    ".": _IN_BOTH,
    ",": _IN_NUMBERS,
    "\u066b": _IN_NUMBERS,
    "\u0964": _DANDA,
    "\u0965": _DANDA,
}
_KINDS = {
    **dict.fromkeys(("Lu", "Ll", "Lt", "Lm", "Lo", "Mc"), _LETTER),
    **dict.fromkeys(("Nd", "Nl", "No"), _DIGIT),
    **dict.fromkeys(("Mn", "Me"), _MARK),
    **dict.fromkeys(("Pd", "Pc"), _IN_WORDS),
    "Cf": _UNSEEN,
}


def lower(text: str) -> str:
    """Return text as Java's `toLowerCase` does, under a locale that is not Turkish, Azeri, Lithuanian or Thai."""
    if text.isascii() or not _special.search(text):
        return text.lower()
    return "".join(_lowered(text, at) for at in range(len(text)))


def utf16_length(text: str) -> int:
    """Return the length as Java counts it: a character beyond the basic plane counts twice."""
    return len(text) if text.isascii() else len(text) + sum(letter > "\uffff" for letter in text)


def _lowered(text: str, at: int) -> str:
    letter = text[at]
    if letter == "\u03a3":
        return "\u03c2" if _ends_word(text, at) else "\u03c3"
    return letter if _newer.match(letter) else letter.lower()


def _ends_word(text: str, at: int) -> bool:
    """Tell whether some letter with a case stands before this place in its word, and none after it."""
    start = stop = at
    while start > 0 and _kind(text[start - 1]) != _APART:
        start -= 1
    while stop < len(text) and _kind(text[stop]) != _APART:
        stop += 1
    clusters, home = _clusters(text, start, at, stop)
    kinds = [kind for kind, _ in clusters]
    first = last = home
    while first > 0 and _together(kinds, first - 1):
        first -= 1
    while last + 1 < len(kinds) and _together(kinds, last):
        last += 1
    before = any(cased for _, cased in clusters[first:home])
    return before and not any(cased for _, cased in clusters[home : last + 1])


def _clusters(text: str, start: int, at: int, stop: int) -> tuple[list[tuple[int, bool]], int]:
    """Return the characters from start to stop, each with the marks on it, and which of them stands at `at`.

    Each is its kind, and whether it has a case.
    """
    found: list[tuple[int, bool]] = []
    home = 0
    for place in range(start, stop):
        letter = text[place]
        kind = _kind(letter)
        if kind == _MARK:
            under, cased = found.pop() if found else (_APART, False)
            under = under if under in _OWN else _APART
            found.append((under, cased or _has_case(letter)))
        elif kind != _UNSEEN:
            found.append((kind, place != at and _has_case(letter)))
            home = len(found) - 1 if place == at else home
        if letter > "\uffff" and place > 0:
            found.append(
                (_APART, False)
            )  # Java looks for a boundary in the midst of its two units, and finds one
    return found, home


def _together(kinds: list[int], at: int) -> bool:
    """Tell whether a character and the next are in one word: a stop joins two letters, or two digits."""
    here, there = kinds[at], kinds[at + 1]
    if here in _OWN:
        after = kinds[at + 2] if at + 2 < len(kinds) else _APART
        return there in _OWN or there in _BETWEEN.get((here, after), ())
    return at > 0 and here in _BETWEEN.get((kinds[at - 1], there), ())


def _kind(letter: str) -> int:
    if letter in _JOINS:
        return _JOINS[letter]
    return _APART if _apart.match(letter) else _KINDS.get(category(letter), _APART)


def _has_case(letter: str) -> bool:
    return category(letter) in ("Lu", "Ll", "Lt") or _cased_marks.match(letter) is not None
