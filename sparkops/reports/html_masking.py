"""Replace secrets in the texts of a page, and leave its markup as it is."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

from sparkops.core.masking import HIDDEN, find_secrets, mask

# A tag, a comment or a declaration; values of attributes in the project's pages escape `>`.
_TAG: Final = re.compile(r"(<[^>]*>)")
# Elements whose content is the page's own; it holds no data.
_OWN_CONTENT: Final = re.compile(r"<(style)\b")
# Characters of a secret that is searched across the lines of a label: ticks of an axis may be a shorter one by chance.
_MIN_WRAPPED: Final = 8
# Attributes that hold data; all others are markup.
_DATA_ATTRIBUTE: Final = re.compile(r'(\s(?:aria-label|href|title|alt|id|value|data-[\w-]+)=")([^"]*)(?=")')
# An id of the page's own, or a link to it: a word.
_OWN_ID: Final = re.compile(r"#?[a-z]{1,16}")


def mask_html(page: str, secrets: Iterable[str]) -> str:
    """Return a page in whose texts, labels and links every secret is replaced, in every form (see `mask`).

    A secret that is also a word of the markup, such as `main` or `class`, changes no tag.

    Args:
        page: The page, as its template wrote it: `<`, `>` and `&` of data are escaped.
        secrets: The secrets.
    """
    secrets = tuple(secrets)
    parts = _TAG.split(page)
    own = False
    for number, part in enumerate(parts):
        if number % 2:
            own = _OWN_CONTENT.match(part) is not None
            parts[number] = _DATA_ATTRIBUTE.sub(
                lambda match: match[1] + _mask_attribute(match[1], match[2], secrets), part
            )
        elif not own and part.strip():
            parts[number] = _mask_text(part, secrets)
    _mask_wrapped_labels(parts, secrets)
    return "".join(parts)


def _mask_wrapped_labels(parts: list[str], secrets: tuple[str, ...]) -> None:
    """Mask secrets in the labels of drawings, each of which is a text element for each of its lines.

    Lines are broken at any white space and after hyphens, so secrets and labels are compared without white space.
    """
    compact = ["".join(secret.split()) for secret in secrets]
    compact = [secret for secret in compact if len(secret) >= _MIN_WRAPPED]
    numbers: list[int] = []
    for number, part in enumerate(parts):
        if part.startswith("<svg"):
            numbers = []
        elif part.startswith("</svg"):
            _mask_across(parts, numbers, compact)
        elif number % 2 == 0 and part.strip():
            numbers.append(number)


def _mask_across(parts: list[str], numbers: list[int], secrets: list[str]) -> None:
    """Mask secrets that go across the texts of some parts."""
    texts = {number: html.unescape(parts[number]) for number in numbers}
    letters = [
        (number, offset)
        for number, text in texts.items()
        for offset, letter in enumerate(text)
        if not letter.isspace()
    ]
    spans = find_secrets("".join(texts[number][offset] for number, offset in letters), secrets)
    hidden = {place for start, end in spans for place in letters[start:end]}
    for number in {number for number, _ in hidden}:
        text = "".join("\0" if (number, at) in hidden else letter for at, letter in enumerate(texts[number]))
        parts[number] = html.escape(re.sub("\0[\0\\s]*", HIDDEN, text), quote=False)


def _mask_text(escaped: str, secrets: tuple[str, ...]) -> str:
    text = html.unescape(escaped)
    masked = mask(text, secrets)
    return escaped if masked == text else html.escape(masked, quote=False)


def _mask_attribute(name: str, escaped: str, secrets: tuple[str, ...]) -> str:
    """Mask the value of an attribute, but not an id of the page's own."""
    if (escaped.startswith("#") or name.endswith(' id="')) and _OWN_ID.fullmatch(escaped):
        return escaped
    text = html.unescape(escaped)
    masked = mask(text, secrets)
    return escaped if masked == text else html.escape(masked)
