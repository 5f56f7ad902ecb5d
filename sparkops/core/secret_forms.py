"""The forms in which a secret may appear in a text, each as a regular expression.

Escapes of single characters are in `secret_pattern`; the forms of the secret as a sequence of bytes or as a number are
derived here, by the same code for every secret: Base64 of the secret in several encodings, hexadecimal digits with and
without separators, numbers with separators of thousands.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from sparkops.core.secret_pattern import build_pattern, split_units

# Number of units at the beginning of a secret that give it away where a text was shortened; see `split_units`.
MIN_BEGINNING: Final = 6
# Characters of a line that is a secret by itself, in a secret of several lines such as a private key.
_MIN_LINE_LENGTH: Final = 8
# Characters of Base64 by which a secret is recognised between others.
_MIN_BASE64_LENGTH: Final = 4
# Least digits of a number that may be written with separators of thousands.
_MIN_GROUPED: Final = 4
_GROUP: Final = 3
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_NUMBER: Final = re.compile(r"[+-]?0*(\d+)(\.\d+)?")
_THOUSANDS: Final = r"[,.'\u2019_ \u00a0\u2009\u202f]"
# Between the digits of two bytes: `5a:71`, `5a 71`, `0x5a, 0x71`, `\x5a\x71`.
_BETWEEN_BYTES: Final = r"(?:[:,;_\- ]{0,2}(?:0x|\\{1,16}x|%(?:25){0,6})?)"


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a secret.

    Args:
        needle: A part of everything that the pattern matches, in lower case: a text without it is not searched.
        pattern: The regular expression.
        spelling: The text itself, where the pattern matches one text only.
    """

    needle: str
    pattern: re.Pattern[str]
    spelling: str = ""


def split_secret(secret: str) -> Iterator[str]:
    """Yield a secret and each line that is a secret by itself, with their composed and decomposed spellings."""
    lines = secret.splitlines()
    long = [line.strip() for line in lines if len(line.strip()) >= _MIN_LINE_LENGTH] if len(lines) > 1 else []
    for part in filter(None, [secret, *long]):
        yield part
        if not part.isascii():
            yield unicodedata.normalize("NFC", part)
            yield unicodedata.normalize("NFD", part)


def build_forms(part: str, *, as_word: bool) -> Iterator[Form]:
    """Yield the forms of a secret or of a line of one.

    Args:
        part: The secret or line.
        as_word: Whether only whole words match, because the secret is like an ordinary word.
    """
    pattern = build_pattern(part)
    yield Form(_find_word(part), re.compile(rf"(?<!\w)(?:{pattern})(?!\w)" if as_word else pattern))
    data = part.encode("utf-8", "surrogatepass")
    digits = _BETWEEN_BYTES.join(f"{byte:02x}" for byte in data)
    yield Form(f"{data[0]:02x}", re.compile(f"(?i:{digits})"))
    number = _NUMBER.fullmatch(part)
    if number and len(number[1]) >= _MIN_GROUPED:
        yield _build_grouped(number[1], number[2] or "")
    for spelling in dict.fromkeys(form for text in _encode(part) for form in _encode_base64(text)):
        yield Form(spelling.lower(), re.compile(re.escape(spelling)), spelling)


def build_units(part: str) -> list[re.Pattern[str]]:
    """Return the patterns of the characters of a secret, in order."""
    return [re.compile(unit) for unit in split_units(part.strip())]


def build_start(part: str) -> Form:
    """Return the form of the beginning of a secret."""
    text = part.strip()
    # Each unit stands for at least one character.
    return Form(_find_word(text[:MIN_BEGINNING]), re.compile("".join(split_units(text)[:MIN_BEGINNING])))


def _find_word(text: str) -> str:
    """Return the longest sequence of letters and digits, which every escape leaves as it is, in lower case."""
    return max(_WORD.findall(text), key=len, default="").lower()


def _build_grouped(digits: str, fraction: str) -> Form:
    """Return the form of a number with separators of thousands."""
    first = len(digits) % _GROUP or _GROUP
    groups = [digits[:first], *(digits[at : at + _GROUP] for at in range(first, len(digits), _GROUP))]
    grouped = f"{groups[0]}(?P<separator>{_THOUSANDS})" + "(?P=separator)".join(groups[1:])
    end = rf"[.,]{fraction[1:]}" if fraction else ""
    pattern = rf"(?<!\d)(?<!\d{_THOUSANDS}){grouped}{end}(?!\d)"
    return Form(groups[-1], re.compile(pattern))


def _encode(part: str) -> Iterator[bytes]:
    """Yield the byte sequences of a secret that Base64 may encode: of the text, its JSON and its percent-encoding."""
    yield part.encode("utf-8", "surrogatepass")
    for text in (json.dumps(part), json.dumps(part, ensure_ascii=False), json.dumps(quote(part, safe=""))):
        yield text[1:-1].encode("utf-8", "surrogatepass")
    yield part.encode("utf-16-le", "surrogatepass")
    if all(ord(character) <= 0xFF for character in part):  # noqa: PLR2004 - the last character of Latin-1
        yield part.encode("latin-1")


def _encode_base64(data: bytes) -> Iterator[str]:
    """Yield the characters of Base64 that depend on the secret only, by its position among other bytes."""
    yield base64.b64encode(data).decode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        last = len(encoded) - (1 if (before + len(data)) % 3 else 0)
        stable = encoded[(before * 8 + 5) // 6 : last]
        if len(stable) >= _MIN_BASE64_LENGTH:
            yield stable
            yield stable.translate(str.maketrans("+/", "-_"))
