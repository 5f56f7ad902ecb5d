"""Functions of URLs with the rules of java.net: URLEncoder, URLDecoder and URI."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus

from ....errors import ModelError
from .evaluation_error import EvaluationError
from .hashes import encode_text

_ENCODED = re.compile(r"\+|(?:%..)+|%", re.DOTALL)
# A code of Java's `Integer.parseInt`, which reads a plus sign.
_CODE = re.compile(r"[0-9a-fA-F]{2}|\+[0-9a-fA-F]")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


def url_encode(text: str) -> str:
    """Return a text in the form `application/x-www-form-urlencoded`."""
    return quote_plus(encode_text(text), safe="*").replace("~", "%7E")


def url_decode(text: str) -> str:
    """Return what `url_encode` encoded; bytes that are no UTF-8 become replacement characters.

    Raises:
        EvaluationError: An escape has no two hexadecimal digits.
    """
    return _ENCODED.sub(_decode_match, text)


def _decode_match(match: re.Match[str]) -> str:
    return " " if match[0] == "+" else _decode_escapes(match[0])


def _decode_escapes(text: str) -> str:
    codes = [text[start : start + 2] for start in range(1, len(text) + 1, 3)]
    wrong = next((code for code in codes if not _CODE.fullmatch(code)), None)
    if wrong is not None:
        raise EvaluationError(f"decodes `%{wrong}`, which is no escape of a URL")
    return decode_utf8(bytes(int(code, 16) for code in codes))


def decode_utf8(data: bytes) -> str:
    """Return bytes as Java decodes them: a code of half a character is one replacement character."""
    return _SURROGATE.sub(b"\xff", data).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Url:
    """The components of a URL, as `java.net.URI` splits them; None where one is missing."""

    scheme: str | None = None
    authority: str | None = None
    user: str | None = None
    host: str | None = None
    path: str | None = None
    query: str | None = None
    fragment: str | None = None


_ALPHANUMERIC = r"[A-Za-z0-9]"
_UNRESERVED = r"A-Za-z0-9_\-!.~'()*"
_PUNCTUATION = r";/?:@&=+$,\[\]"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*")
# Characters beyond ASCII that Java accepts: no control characters and no spaces.
_OTHER = r"[^\x00-\x9f\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"


def _compile_characters(allowed: str, *, escapes: bool = True) -> re.Pattern[str]:
    """Return the pattern of a component: characters of ASCII, others, and escapes."""
    escape = "|%[0-9a-fA-F]{2}" if escapes else ""
    return re.compile(rf"(?:[{allowed}]|{_OTHER}{escape})*", re.ASCII)


_PATH = _compile_characters(rf"{_UNRESERVED}:@&=+$,;/")
_URIC = _compile_characters(rf"{_UNRESERVED}{_PUNCTUATION}")
_OPAQUE_START = _compile_characters(rf"{_UNRESERVED};?:@&=+$,\[\]")
_REGISTRY = _compile_characters(rf"{_UNRESERVED}$,;:@&=+")
_USER = _compile_characters(rf"{_UNRESERVED};:&=+$,")
_LABEL = rf"{_ALPHANUMERIC}(?:[A-Za-z0-9\-]*{_ALPHANUMERIC})?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*({_LABEL})\.?")
_IPV4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII)
_DIGITS = re.compile(r"[0-9]*")
_MAX_BYTE = 255


def split_url(text: str) -> Url | None:
    """Return the components of a URL; None if `java.net.URI` refuses it."""
    rest, mark, fragment = text.partition("#")
    if mark and not _URIC.fullmatch(fragment):
        return None
    end = re.search(r"[/?#:]", rest)
    if end is not None and end[0] == ":":
        scheme, rest = rest[: end.start()], rest[end.end() :]
        if not _SCHEME.fullmatch(scheme) or not rest:
            return None
        if not rest.startswith("/"):
            is_opaque = _OPAQUE_START.fullmatch(rest[0]) or rest[0] == "%"
            return (
                Url(scheme, fragment=fragment if mark else None)
                if is_opaque and _URIC.fullmatch(rest)
                else None
            )
    else:
        scheme = None
    return _split_hierarchical(scheme, rest, fragment if mark else None)


def _split_hierarchical(scheme: str | None, rest: str, fragment: str | None) -> Url | None:
    """Return the components of a URL that is not opaque."""
    authority = user = host = None
    if rest.startswith("//"):
        end = re.search(r"[/?#]", rest[2:])
        authority = rest[2:] if end is None else rest[2 : 2 + end.start()]
        rest = rest[2 + len(authority) :]
        if not authority:
            if not rest:
                return None
            authority = None
        else:
            server = _split_server(authority)
            if server is not None:
                user, host = server
            elif not _REGISTRY.fullmatch(authority):
                return None
    path, mark, query = rest.partition("?")
    if not _PATH.fullmatch(path) or (mark and not _URIC.fullmatch(query)):
        return None
    return Url(scheme, authority, user, host, path, query if mark else None, fragment)


def _split_server(authority: str) -> tuple[str | None, str] | None:
    """Return the user and the host of an authority; None if it names no server."""
    user, mark, server = authority.partition("@")
    if not mark:
        user, server = "", authority
    elif not _USER.fullmatch(user):
        return None
    if server.startswith("["):
        raise EvaluationError("splits a URL with an address of IPv6")
    host, mark_of_port, port = server.partition(":")
    if mark_of_port and not _DIGITS.fullmatch(port):
        return None
    if not _is_host(host):
        return None
    return (user if mark else None), host


def _is_host(text: str) -> bool:
    """Return whether a text is an address of IPv4 or a host's name, whose last label begins with a letter."""
    numbers = _IPV4.fullmatch(text)
    if numbers is not None:
        return all(int(number) <= _MAX_BYTE for number in numbers.groups())
    labels = _HOST.fullmatch(text)
    return labels is not None and (labels[1][0].isalpha() or "." not in text.rstrip("."))


_PARTS: dict[str, Callable[[Url], str | None]] = {
    "HOST": lambda url: url.host,
    "PATH": lambda url: url.path,
    "QUERY": lambda url: url.query,
    "REF": lambda url: url.fragment,
    "PROTOCOL": lambda url: url.scheme,
    "FILE": lambda url: url.path if url.query is None else f"{url.path}?{url.query}",
    "AUTHORITY": lambda url: url.authority,
    "USERINFO": lambda url: url.user,
}


def make_parse_url_function(part: str, key: str | None, is_try: bool) -> Callable[[str], str | None]:
    """Return the function that gives a part of a URL, or the value of a key in its query.

    Args:
        part: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO.
        key: The key; None for the part itself.
        is_try: An invalid URL gives null.

    Raises:
        ModelError: There is no such part, or the key is no plain word.
    """
    if part not in _PARTS or (
        key is not None and (part != "QUERY" or not re.fullmatch(r"\w+", key, re.ASCII))
    ):
        raise ModelError(f"`parse_url` of {part} with the key {key!r} is not supported")
    find = None if key is None else re.compile(rf"(?:&|^){key}=([^&]*)").search
    get = _PARTS[part]

    def evaluate(text: str) -> str | None:
        url = split_url(text)
        if url is None:
            if is_try:
                return None
            raise EvaluationError("splits a text that is no URL")
        value = get(url)
        if find is None or value is None:
            return value
        match = find(value)
        return match[1] if match else None

    return evaluate
