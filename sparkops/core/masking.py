"""Replace secrets in text that is printed or stored, in every form in which common encodings write them."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus

# What is shown in place of a secret.
HIDDEN: Final = "***"
# A shorter text would match parts of ordinary words.
MIN_SECRET_LENGTH: Final = 4
# Lines of a secret of several lines, such as a private key, that are secrets by themselves.
_MIN_LINE_LENGTH: Final = 8
# Characters of Base64 by which a secret is recognised between others.
_MIN_BASE64_LENGTH: Final = 4

# Storage whose URLs name a container or a user before the @, not a secret.
_USERLESS: Final = r"(?<!\babfs)(?<!\babfss)(?<!\bwasb)(?<!\bwasbs)(?<!\bssh)(?<!\bsftp)"
_URL_PATTERNS: Final = (
    # ://user:password@, where the password may contain a slash; a port is no password.
    (
        re.compile(r"(://[^/\s:@?#\"'<>]*):(?!\d+(?:[/?#\s\"'<>,;)]|$))[^\s@\"'<>]+@"),
        rf"\1:{HIDDEN}@",
    ),
    (re.compile(rf"{_USERLESS}(://)(?!\*)[^/\s:@?#\"'<>]+@"), rf"\1{HIDDEN}@"),
    # ?token=..., and ;password=... of JDBC
    (
        re.compile(
            r"(?i)([?&;][\w.-]*(?:token|passw(?:or)?d|pwd|secret|signature|sig|credential|api[_-]?key|access[_-]?key)=)"
            r"[^&;\s'\"<>]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)(\bauthorization['\"]?\s*[:=]\s*['\"]?(?:basic|bearer|token)\s+)[^\s'\",]+"), rf"\1{HIDDEN}"),
)  # fmt: skip


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace by `***` every secret in any of its forms (`find_forms`), and the credentials in URLs.

    A form shorter than `MIN_SECRET_LENGTH` is replaced where it stands as a word.
    """
    pattern = _compile_forms(tuple(sorted(set(secrets))))
    if pattern is not None:
        text = pattern.sub(HIDDEN, text)
    return mask_url_credentials(text)


def mask_url_credentials(text: str) -> str:
    """Replace by `***` the passwords, tokens and signatures in the URLs of a text."""
    for pattern, replacement in _URL_PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def mask_json(value: Any, secrets: Iterable[str]) -> Any:
    """Return a JSON value whose texts are masked; numbers and keys stay, other objects become masked text.

    Masking precedes encoding, because JSON writes a secret in another form.
    """
    secrets = tuple(secrets)
    if isinstance(value, Mapping):
        return {str(key): mask_json(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_json(inner, secrets) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask(str(value), secrets)


def contains_secret(value: Any, secrets: Iterable[str]) -> bool:
    """Return whether a JSON value contains a secret: in a text, as a key, or as a number."""
    secrets = tuple(secrets)
    if isinstance(value, Mapping):
        return any(contains_secret(part, secrets) for item in value.items() for part in item)
    if isinstance(value, list | tuple):
        return any(contains_secret(inner, secrets) for inner in value)
    if isinstance(value, str):
        pattern = _compile_forms(tuple(sorted(set(secrets))))
        return pattern is not None and pattern.search(value) is not None
    return value is not None and not isinstance(value, bool) and str(value) in secrets


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
    """Yield the characters of Base64 that depend on the secret only, by its position among other bytes."""
    yield base64.b64encode(data).decode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        last = len(encoded) - (1 if (before + len(data)) % 3 else 0)
        stable = encoded[(before * 8 + 5) // 6 : last]
        if len(stable) >= _MIN_BASE64_LENGTH:
            yield stable
            yield stable.translate(str.maketrans("+/", "-_"))


# Kept because every line of a log is masked by the same few secrets.
@lru_cache(maxsize=64)
def _compile_forms(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return the pattern of all forms of some secrets, the longest first; None if there are none."""
    forms = sorted(
        {form for secret in secrets for form in find_forms(secret)}, key=lambda form: (-len(form), form)
    )
    patterns = [
        re.escape(form) if len(form) >= MIN_SECRET_LENGTH else rf"(?<!\w){re.escape(form)}(?!\w)"
        for form in forms
    ]
    return re.compile("|".join(patterns)) if patterns else None
