"""Java's lower-casing, and text lengths in UTF-16 units.

Spark lower-cases with Java's `String.toLowerCase`. A comparison over all code points shows that Python's `lower`
differs in two cases only: a capital sigma at the end of a word, since the definitions of a word differ, and capitals
added to Unicode after version 13, which is the version of Java 17.
"""

from __future__ import annotations

import re
from unicodedata import category

# Capitals of Unicode 14, 16 and 17, which Java 17 does not change.
_NEWER = (
    "\u2c2f\ua7c0\ua7d0\ua7d6\ua7d8\U00010570-\U0001057a\U0001057c-\U0001058a\U0001058c-\U00010592"
    "\U00010594\U00010595\u1c89\ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc\U00010d50-\U00010d65"
    "\U00016ea0-\U00016eb8"
)
_NEWER_CAPITAL = re.compile(f"[{_NEWER}]")
_NEEDS_JAVA_RULES = re.compile(f"[\u03a3{_NEWER}]")
_OTHER_CASED = re.compile(
    "[\u02b0-\u02b8\u02c0\u02c1\u02e0-\u02e4\u0345\u037a\u1d2c-\u1d61\u2160-\u217f\u24b6-\u24e9]"
)
# Ideographs, kana, and characters added after Unicode 13: each is a word of its own.
_NO_WORD_CHARACTER = re.compile(
    "[\u3005\u3041-\u3094\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe\u4e00-\u9fa5\u9ffd-\u9fff\uf900-\ufa2d"
    "\u0870-\u088e\u0890\u0891\u0898-\u089f\u08b5\u08c8-\u08d2\u0c3c\u0c5d\u0cdd\u170d\u1715\u171f\u180f\u1ac1-\u1ace"
    "\u1b4c\u1dfa\u2c2f\u2c5f\u2e5d\ua7c0\ua7c1\ua7d0\ua7d1\ua7d3\ua7d5-\ua7d9\ua7f2-\ua7f4"
    "\U00010570-\U000105bc\U0001df00-\U0001df1e\U0001df25-\U0001df2a]"
)
# Classes of characters in Java's rules of word boundaries (java.text.BreakIterator).
_LETTER, _DIGIT, _MARK, _IGNORED, _MID_LETTER, _MID_NUMBER, _MID_BOTH, _DANDA, _SEPARATE = range(9)
_WORD_CLASSES = (_LETTER, _DIGIT)
_JOINING_CLASSES = {
    (_LETTER, _LETTER): (_MID_LETTER, _MID_BOTH),
    (_DIGIT, _DIGIT): (_MID_NUMBER, _MID_BOTH),
    (_LETTER, _DIGIT): (_DANDA,),
}
_JOINING_CHARACTERS = {
    "\u00ad": _MID_LETTER,
    "\u2027": _MID_LETTER,
    '"': _MID_BOTH,
    "'": _MID_BOTH,
    ".": _MID_BOTH,
    ",": _MID_NUMBER,
    "\u066b": _MID_NUMBER,
    "\u0964": _DANDA,
    "\u0965": _DANDA,
}
_CLASS_BY_CATEGORY = {
    **dict.fromkeys(("Lu", "Ll", "Lt", "Lm", "Lo", "Mc"), _LETTER),
    **dict.fromkeys(("Nd", "Nl", "No"), _DIGIT),
    **dict.fromkeys(("Mn", "Me"), _MARK),
    **dict.fromkeys(("Pd", "Pc"), _MID_LETTER),
    "Cf": _IGNORED,
}


def lower(text: str) -> str:
    """Return text as Java's `toLowerCase` does, in a locale other than Turkish, Azeri, Lithuanian and Thai."""
    if text.isascii() or not _NEEDS_JAVA_RULES.search(text):
        return text.lower()
    return "".join(_convert_to_lower(text, index) for index in range(len(text)))


def count_utf16_units(text: str) -> int:
    """Return the length in UTF-16 units: a character outside the basic plane counts twice."""
    return len(text) if text.isascii() else len(text) + sum(letter > "\uffff" for letter in text)


def _convert_to_lower(text: str, index: int) -> str:
    letter = text[index]
    if letter == "\u03a3":
        return "\u03c2" if _ends_word(text, index) else "\u03c3"
    return letter if _NEWER_CAPITAL.match(letter) else letter.lower()


def _ends_word(text: str, index: int) -> bool:
    """Return whether a cased letter precedes this position in its word, and none follows."""
    start = stop = index
    while start > 0 and _find_class(text[start - 1]) != _SEPARATE:
        start -= 1
    while stop < len(text) and _find_class(text[stop]) != _SEPARATE:
        stop += 1
    clusters, target = _combine_marks(text, start, index, stop)
    classes = [class_ for class_, _ in clusters]
    first = last = target
    while first > 0 and _are_in_one_word(classes, first - 1):
        first -= 1
    while last + 1 < len(classes) and _are_in_one_word(classes, last):
        last += 1
    before = any(cased for _, cased in clusters[first:target])
    return before and not any(cased for _, cased in clusters[target : last + 1])


def _combine_marks(text: str, start: int, index: int, stop: int) -> tuple[list[tuple[int, bool]], int]:
    """Return the characters from start to stop, each combined with its marks, and the position of the one at `index`.

    A character is its class and whether it is cased.
    """
    clusters: list[tuple[int, bool]] = []
    target = 0
    for position in range(start, stop):
        letter = text[position]
        class_ = _find_class(letter)
        if class_ == _MARK:
            base, cased = clusters.pop() if clusters else (_SEPARATE, False)
            base = base if base in _WORD_CLASSES else _SEPARATE
            clusters.append((base, cased or _has_case(letter)))
        elif class_ != _IGNORED:
            clusters.append((class_, position != index and _has_case(letter)))
            target = len(clusters) - 1 if position == index else target
        if letter > "\uffff" and position > 0:
            # Java looks for a boundary between its two UTF-16 units, and finds one.
            clusters.append((_SEPARATE, False))
    return clusters, target


def _are_in_one_word(classes: list[int], index: int) -> bool:
    """Return whether a character and the next are in one word: a full stop joins two letters or two digits."""
    left, right = classes[index], classes[index + 1]
    if left in _WORD_CLASSES:
        after = classes[index + 2] if index + 2 < len(classes) else _SEPARATE
        return right in _WORD_CLASSES or right in _JOINING_CLASSES.get((left, after), ())
    return index > 0 and left in _JOINING_CLASSES.get((classes[index - 1], right), ())


def _find_class(letter: str) -> int:
    if letter in _JOINING_CHARACTERS:
        return _JOINING_CHARACTERS[letter]
    return (
        _SEPARATE if _NO_WORD_CHARACTER.match(letter) else _CLASS_BY_CATEGORY.get(category(letter), _SEPARATE)
    )


def _has_case(letter: str) -> bool:
    return category(letter) in ("Lu", "Ll", "Lt") or _OTHER_CASED.match(letter) is not None
