"""The texts in which a secret appears, as common encodings write it; computed without the code that masks them."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

_MIN_LINE_LENGTH: Final = 8
_MIN_BASE64_LENGTH: Final = 4


def find_forms(secret: str) -> frozenset[str]:
    """Return the texts in which a secret appears: itself, and as JSON, Python, HTML, URLs, shells, SQL and Base64 write it.

    Of a secret of several lines, each line of some length is a secret, too.
    """
    forms = set(_encode(secret))
    if len(lines := secret.splitlines()) > 1:
        forms.update(
            form for line in lines if len(line.strip()) >= _MIN_LINE_LENGTH for form in _encode(line.strip())
        )
    return frozenset(form for form in forms if form)


def _encode(secret: str) -> Iterator[str]:
    data = secret.encode("utf-8", "surrogatepass")
    escaped = {secret, *_escape(secret)}
    # JSON within JSON, or the representation of a text that contains JSON
    escaped |= {form for text in escaped for form in _escape(text)}
    for text in escaped:
        yield text
        yield from _encode_as_html(text)
    yield shlex.quote(secret).strip("'")
    yield secret.replace("'", "''")
    yield secret.replace('"', '""')
    yield repr(data)[2:-1]
    yield from _encode_for_urls(data)
    yield data.hex()
    yield from _encode_base64(data)


def _encode_as_html(text: str) -> Iterator[str]:
    yield html.escape(text, quote=False)
    yield html.escape(text)
    # As Jinja writes quotes
    yield html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _escape(text: str) -> Iterator[str]:
    ascii_json = json.dumps(text)[1:-1]
    yield ascii_json
    yield re.sub(r"\\u([0-9a-f]{4})", lambda match: rf"\u{match[1].upper()}", ascii_json)
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    for represent in (repr, ascii):
        yield represent(text)[1:-1]
        # As part of a text with both kinds of quotes, of which Python escapes one
        yield represent("\"'" + text)[4:-1]


def _encode_for_urls(data: bytes) -> Iterator[str]:
    for text in (quote(data), quote(data, safe=""), quote_plus(data)):
        yield text
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text)


def _encode_base64(data: bytes) -> Iterator[str]:
    """Yield the characters of Base64 that stay the same whatever bytes stand before and after the secret."""
    yield base64.b64encode(data).decode()
    for before in range(3):
        # The two surroundings differ in every bit, so every character that depends on them differs.
        encoded = (base64.b64encode(fill * before + data + fill * 3).decode() for fill in (b"\x00", b"\xff"))
        stable = "".join(one for one, other in zip(*encoded, strict=True) if one == other)
        if len(stable) >= _MIN_BASE64_LENGTH:
            yield stable
            yield stable.translate(str.maketrans("+/", "-_"))
