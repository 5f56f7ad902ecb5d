"""Replace secrets in the texts of a page, and leave its markup as it is."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

from sparkops.core.masking import mask

# A tag, a comment or a declaration; values of attributes in the project's pages escape `>`.
_TAG: Final = re.compile(r"(<[^>]*>)")
# Elements whose content is the page's own; it holds no data.
_OWN_CONTENT: Final = re.compile(r"<(style)\b")
# Attributes that hold data; all others are markup.
_DATA_ATTRIBUTE: Final = re.compile(r'(\s(?:aria-label|href|title|alt)=")([^"]*)(?=")')


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
                lambda match: match[1] + _mask_attribute(match[2], secrets), part
            )
        elif not own and part.strip():
            parts[number] = _mask_text(part, secrets)
    return "".join(parts)


def _mask_text(escaped: str, secrets: tuple[str, ...]) -> str:
    text = html.unescape(escaped)
    masked = mask(text, secrets)
    return escaped if masked == text else html.escape(masked, quote=False)


def _mask_attribute(escaped: str, secrets: tuple[str, ...]) -> str:
    """Mask the value of an attribute, but not a link within the page, which names an id."""
    if escaped.startswith("#"):
        return escaped
    text = html.unescape(escaped)
    masked = mask(text, secrets)
    return escaped if masked == text else html.escape(masked)
