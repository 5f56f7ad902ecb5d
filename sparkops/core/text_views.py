r"""Other readings of a text in which a secret may be hidden: without the breaks of folded lines, with escapes decoded.

A view has, for each of its characters, where that begins and ends in the text. Most texts have no view, which a search
for a few signs shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

# A line break that YAML writes in double quotes, the end and the next beginning of a literal of Python (as `pprint`
# splits it), and a line break of quoted-printable text.
_FOLD: Final = re.compile(
    r"\\[ \t]{0,8}\r?\n[ \t]{0,200}\\?|(?P<quote>['\"])[ \t+]{0,8}\r?\n[ \t+]{0,200}[bBrRuUfF]{0,2}(?P=quote)|=\r?\n"
)
# A break between long lines of Base64, also where it is escaped.
_BASE64_BREAK: Final = re.compile(r"(?<=[A-Za-z0-9+/]{60})(?:\r?\n|(?:\\{1,16}r)?\\{1,16}n)[ \t]{0,200}")
# Escapes of letters and digits, and of the signs of Base64, which no encoding needs.
_ESCAPE: Final = re.compile(
    r"(?i:%(?:25){0,6}(3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]|2b|2f|3d)"
    r"|\\{1,16}(?:x|u00|u\{|U000000)(3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]|2b|2f|3d)\}?)"
    r"|\\{1,16}(0[67][0-7]|1[0-7]{2})|&(?:amp;){0,6}#(?:0{0,6}(\d{2,3})|[xX]0{0,6}([0-9a-fA-F]{2}));"
)
# Base of the digits in each group of `_ESCAPE`.
_BASES: Final = (16, 16, 8, 10, 16)


@dataclass(frozen=True, slots=True)
class TextView:
    """A reading of a text.

    Args:
        text: What is read.
        starts: Where each of its characters begins in the original text.
        ends: Where each of its characters ends there.
    """

    text: str
    starts: list[int]
    ends: list[int]

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Return the start and end of a part of this view in the original text."""
        return self.starts[start], self.ends[end - 1]


def list_views(text: str) -> Iterator[TextView]:
    """Yield the views of a text that differ from it."""
    if "\n" in text[:-1] and _FOLD.search(text):
        yield _replace(text, _FOLD, lambda _: "")
    if ("\n" in text[:-1] or "\\n" in text) and _BASE64_BREAK.search(text):
        yield _replace(text, _BASE64_BREAK, lambda _: "")
    if ("%" in text or "\\" in text or "&" in text) and _ESCAPE.search(text):
        yield _replace(text, _ESCAPE, _decode)


def _decode(match: re.Match[str]) -> str:
    """Return the character that an escape stands for; the escape itself if that is not ASCII."""
    code = next(int(digits, base) for digits, base in zip(match.groups(), _BASES, strict=True) if digits)
    return chr(code) if chr(code).isascii() else match[0]


def _replace(text: str, pattern: re.Pattern[str], decode: Callable[[re.Match[str]], str]) -> TextView:
    """Return the view of a text with each match of a pattern decoded."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for match in [*pattern.finditer(text), None]:
        begin, end = match.span() if match else (len(text), len(text))
        parts.append(text[position:begin])
        starts += range(position, begin)
        ends += range(position + 1, begin + 1)
        decoded = decode(match) if match else ""
        parts.append(decoded)
        starts += [begin] * len(decoded)
        ends += [end] * len(decoded)
        position = end
    return TextView("".join(parts), starts, ends)
