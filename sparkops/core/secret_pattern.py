r"""Regular expressions of a secret that match it however it is escaped.

A text may be escaped several times on its path to a log: an error holds the `repr` of JSON, which a page writes as HTML. So each
character of a secret matches itself and all its escapes, with any number of backslashes before it: `"` is also `\"`,
`\\\"`, `&quot;`, `&amp;quot;`, `%22` and `\u0022`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NAMED_ESCAPES: Final = {
    "\n": "n",
    "\r": "r",
    "\t": "t",
    "\f": "f",
    "\b": "b",
    "\v": "v",
    "\a": "a",
    "\0": "0",
}
_ENTITIES: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos", "\u00a0": "nbsp"}
# A quote within quotes of a shell, which leaves them for it.
_SHELL_QUOTE: Final = r"""\\*'\\*"\\*'\\*"\\*'"""
_BACKSLASH: Final = "\\"
_LAST_BYTE: Final = 0xFF
_LAST_OF_PLANE: Final = 0xFFFF


def split_units(secret: str) -> list[str]:
    """Return the expressions of the characters of a secret, one for each run of white space or of backslashes."""
    runs = re.findall(r"\s+|\\+|[^\s\\]", secret)
    return [_match_run(run) for run in runs]


def build_pattern(secret: str) -> str:
    """Return the expression of a secret; white space at its ends may be missing, and other white space may be changed."""
    core = secret.strip()
    if not core:
        return re.escape(secret)
    head, _, tail = secret.partition(core)
    units = "".join(split_units(core))
    before, after = ("".join(f"(?:{_match_character(item)})?" for item in run) for run in (head, tail))
    return f"{before}{units}{after}"


def _match_run(run: str) -> str:
    if run.isspace():
        characters = "|".join(dict.fromkeys(form for character in run for form in _list_escapes(character)))
        return rf"(?:\s|\+|\ufffd|{characters})+"
    if run[0] == _BACKSLASH:
        escapes = "|".join(_list_escapes(_BACKSLASH))
        return rf"(?:\\{{{len(run)},}}|(?:{escapes})+)"
    return _match_character(run)


def _match_character(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    forms = [re.escape(character), *_list_escapes(character)]
    if not character.isprintable():
        # How a page shows what HTML does not allow.
        forms.append(r"\ufffd")
    pattern = rf"\\*(?:{'|'.join(forms)})"
    if character in ("'", '"'):
        # SQL and CSV double a quote.
        pattern = rf"(?:{_SHELL_QUOTE}|(?:{pattern}){{1,2}})"
    return pattern


def _list_escapes(character: str) -> Iterator[str]:
    """Yield the expressions of the escapes of a character in JSON, Python, URLs and HTML."""
    code, data = ord(character), character.encode("utf-8", "surrogatepass")
    if character in _NAMED_ESCAPES:
        yield rf"\\+{_NAMED_ESCAPES[character]}"
    if code <= _LAST_OF_PLANE:
        yield rf"(?i:\\+u{code:04x}|\\+U{code:08x})"
    else:
        high, low = 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)
        yield rf"(?i:\\+u{high:04x}\\+u{low:04x}|\\+U{code:08x})"
    if code <= _LAST_BYTE:
        yield rf"(?i:\\+x{code:02x})"
    if not character.isascii():
        yield "(?i:" + "".join(rf"\\+x{byte:02x}" for byte in data) + ")"
    yield "(?i:" + "".join(f"%(?:25)*{byte:02x}" for byte in data) + ")"
    names = [f"#0*{code}", f"(?i:#x0*{code:x})"]
    names += [_ENTITIES[character]] if character in _ENTITIES else []
    yield f"&(?:amp;)*(?:{'|'.join(names)});"
    if character == "&":
        yield "&(?:amp;)+"
