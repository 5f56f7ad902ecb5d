r"""Regular expressions of a secret that match it however it is escaped.

A text may be escaped several times on its path to a log: an error holds the `repr` of JSON, which a page writes as
HTML. So each character of a secret matches itself and all its escapes, with any number of backslashes before it: `"` is
also `\"`, `\\\"`, `&quot;`, `&amp;quot;`, `%22`, `\u0022`, `\x22`, `\042` and `\N{QUOTATION MARK}`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
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
    # YAML
    "\x1b": "e",
    "\x85": "N",
    "\u00a0": "_",
    "\u2028": "L",
    "\u2029": "P",
}
# Every repetition has a limit, so that no text takes long: 64 backslashes, which six nested escapes write, and six
# nested escapes of URLs and of HTML.
_MAX_RUN: Final = 64
_BACKSLASHES: Final = rf"\\{{1,{_MAX_RUN}}}"
_OPTIONAL_BACKSLASHES: Final = rf"\\{{0,{_MAX_RUN}}}"
_BACKSLASH: Final = "\\"
_QUOTES: Final = ("'", '"')
# The last code points of Latin-1 and of the Basic Multilingual Plane.
_LAST_BYTE: Final = 0xFF
_LAST_OF_PLANE: Final = 0xFFFF


def split_units(secret: str) -> list[str]:
    """Return the expressions of the characters of a secret, one for each run of white space, backslashes or quotes.

    What one of them matches ends where the next can begin, so that a search takes no longer than a few steps for each
    character.
    """
    runs = re.findall(r"""\s+|\\+|'+|"+|.""", secret)
    return [
        _build_run_pattern(*neighbours)
        for neighbours in zip(["", *runs], runs, [*runs[1:], ""], strict=False)
    ]


def build_pattern(secret: str) -> str:
    """Return the regular expression of a secret.

    White space at its ends may be missing, and other white space may differ.
    """
    core = secret.strip()
    if not core:
        return f"{re.escape(secret)}|{''.join(map(_build_character_pattern, secret))}"
    head, _, tail = secret.partition(core)
    units = "".join(split_units(core))
    before, after = (
        "".join(f"(?:{_build_character_pattern(item)})?" for item in run) for run in (head, tail)
    )
    return f"{re.escape(secret)}|{before}{units}{after}"


def _build_run_pattern(before: str, run: str, after: str) -> str:
    """Return the expression of a run of characters between two others."""
    # The backslashes of a secret are matched together with those of the escape that follows, which then has none of its
    # own.
    escape = _OPTIONAL_BACKSLASHES if before.startswith(_BACKSLASH) else _BACKSLASHES
    if run.isspace():
        characters = "|".join(
            dict.fromkeys(form for character in run for form in _list_escapes(character, escape))
        )
        return rf"(?:\s|\+|\ufffd|{characters}){{1,{_MAX_RUN + len(run)}}}"
    if run[0] == _BACKSLASH:
        escapes = "|".join(_list_escapes(_BACKSLASH, _BACKSLASHES))
        return rf"(?>\\{{{len(run)},{len(run) * _MAX_RUN}}}|(?:{escapes}){{{len(run)},{len(run) * 2}}})"
    if run[0] in _QUOTES:
        return _build_quotes_pattern(run, escape, is_before_backslash=after.startswith(_BACKSLASH))
    return _build_character_pattern(run, escape)


def _build_quotes_pattern(run: str, escape: str, *, is_before_backslash: bool) -> str:
    """Return the expression of a run of equal quotes, each of which SQL and CSV write twice, and a shell as `'"'"'`.

    Args:
        run: The quotes.
        escape: The expression of the backslashes before an escaped quote.
        is_before_backslash: Whether the secret has a backslash behind them.
    """
    other_quote = '"' if run[0] == "'" else "'"
    quote, other = (_build_character_pattern(item, escape) for item in (run[0], other_quote))
    shell, count = f"{quote}{other}{quote}{other}{quote}", len(run)
    if not is_before_backslash:
        return f"(?>(?:{shell}|{quote}){{{count},{2 * count}}})"
    # The form of a shell is matched only in front of the backslash, however that is escaped: elsewhere its last quotes
    # may belong to the text behind the secret.
    forms = rf"{shell}(?=[\\%&=])|{quote}"
    # The second one of a doubled quote is matched without backslashes, which would be those of the secret.
    bare = "|".join([run[0], *(form for form in _list_escapes(run[0], "") if form[0] == "&" or "%" in form)])
    return f"(?>(?:{forms}){{{count}}}(?:{bare}){{0,{count}}})"


def _build_character_pattern(character: str, escape: str = _BACKSLASHES) -> str:
    """Return the expression of a character; `escape` is that of the backslashes of its escapes."""
    if character.isascii() and character.isalnum():
        return character
    # The backslashes in front are matched before the forms: an escape needs at least one of them.
    forms = [re.escape(character), *_list_escapes(character, "" if escape != _BACKSLASHES else r"\\")]
    if not character.isprintable():
        # The replacement character, which a page has in place of what HTML does not allow.
        forms.append(r"\ufffd")
    return rf"(?:{_OPTIONAL_BACKSLASHES}(?:{'|'.join(forms)}))"


@cache
def _map_entities() -> dict[str, list[str]]:
    """Return the names by which HTML refers to each character."""
    # Its table of two thousand names is needed only where there are secrets.
    from html.entities import html5

    names: dict[str, list[str]] = {}
    for name, character in html5.items():
        if name.endswith(";"):
            names.setdefault(character, []).append(name.removesuffix(";"))
    return names


def _list_escapes(character: str, escape: str) -> Iterator[str]:
    """Yield the expressions of the escapes of a character in JSON, Python, URLs and HTML.

    Args:
        character: The character.
        escape: The expression of the backslashes before it.
    """
    code, data = ord(character), character.encode("utf-8", "surrogatepass")
    if character in _NAMED_ESCAPES:
        yield escape + _NAMED_ESCAPES[character]
    if code <= _LAST_OF_PLANE:
        yield f"(?i:{escape}(?:u{code:04x}|U{code:08x}))"
    else:
        high, low = 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)
        yield f"(?i:{escape}(?:u{high:04x}{_BACKSLASHES}u{low:04x}|U{code:08x}))"
    yield f"(?i:{escape}u\\{{0{{0,6}}{code:x}\\}})"
    if name := unicodedata.name(character, ""):
        yield f"(?i:{escape}N\\{{{re.escape(name)}\\}})"
    if code <= _LAST_BYTE:
        yield f"(?i:{escape}x{code:02x})"
        yield f"{escape}{code:03o}"
    if not character.isascii():
        first, *rest = (f"x{byte:02x}" for byte in data)
        yield f"(?i:{_BACKSLASHES.join([escape + first, *rest])})"
        first_octal, *rest_octal = (f"{byte:03o}" for byte in data)
        yield _BACKSLASHES.join([f"{escape}{first_octal}", *rest_octal])
        if code <= _LAST_BYTE:
            yield f"(?i:%(?:25){{0,6}}{code:02x})"
    yield "(?i:" + "".join(f"%(?:25){{0,6}}{byte:02x}" for byte in data) + ")"
    # Quoted-printable
    yield "(?i:" + "".join(f"=(?:3D){{0,2}}{byte:02x}" for byte in data) + ")"
    if character == "&":
        # Before the reference `&amp;`: an escaped reference to any other character begins like it.
        yield "&(?:amp;){1,6}"
    names = [f"#0{{0,6}}{code}", f"(?i:#x0{{0,6}}{code:x})", *_map_entities().get(character, ())]
    yield f"&(?:amp;){{0,6}}(?:{'|'.join(names)});"
