"""Replace secrets in text that is printed or stored, in every form in which common encodings write them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sparkops.core.secret_pattern import build_pattern, split_units

# What is shown in place of a secret.
HIDDEN: Final = "***"
# A shorter text would match parts of ordinary words.
MIN_SECRET_LENGTH: Final = 4
# Lines of a secret of several lines, such as a private key, that are secrets by themselves.
_MIN_LINE_LENGTH: Final = 8
# Characters of the beginning of a secret that give it away where a text was shortened.
_MIN_BEGINNING: Final = 6
# The mark of a shortened text, perhaps after a part of an escape.
_SHORTENED: Final = re.compile(r"\S{0,7}?\s?(…|\.\.\.)")
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
    """Replace by `***` every secret, however it is escaped or encoded, and the credentials in URLs.

    A secret shorter than `MIN_SECRET_LENGTH` is replaced where it stands as a word. Of a secret of several lines, each
    line of some length is a secret, too. The beginning of a secret is replaced where `…` or `...` marks a shortened
    text.
    """
    spans = find_secrets(text, secrets)
    if spans:
        ends = [0, *(end for _, end in spans)]
        starts = [*(start for start, _ in spans), len(text)]
        text = HIDDEN.join(text[end:start] for end, start in zip(ends, starts, strict=True))
    return mask_url_credentials(text)


def find_secrets(text: str, secrets: Iterable[str]) -> list[tuple[int, int]]:
    """Return start and end of everything that `mask` replaces for some secrets, in order."""
    compiled = _compile_secrets(tuple(sorted(set(secrets))))
    return [] if compiled is None else compiled.find_spans(text)


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
        compiled = _compile_secrets(tuple(sorted(set(secrets))))
        return compiled is not None and compiled.pattern.search(value) is not None
    return value is not None and not isinstance(value, bool) and str(value) in secrets


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


@dataclass(frozen=True, slots=True)
class _Secrets:
    """Compiled patterns of some secrets.

    Args:
        pattern: Every secret in every form.
        units: The parts of each secret, in order: a text may be shortened after some of them.
        starts: The first parts of each secret.
    """

    pattern: re.Pattern[str]
    units: tuple[tuple[re.Pattern[str], ...], ...]
    starts: tuple[re.Pattern[str], ...]

    def find_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the start and end of each secret in a text.

        The beginning of a secret is one, too, where the mark of a shortened text follows it.
        """
        spans = [match.span() for match in self.pattern.finditer(text)]
        if "…" not in text and "..." not in text:
            return spans
        for start, units in zip(self.starts, self.units, strict=True):
            spans += _find_beginnings(text, start, units)
        return _merge(spans)


def _find_beginnings(
    text: str, start: re.Pattern[str], units: tuple[re.Pattern[str], ...]
) -> Iterator[tuple[int, int]]:
    """Yield start and end of the beginnings of a secret that are followed by the mark of a shortened text."""
    for match in start.finditer(text):
        end = match.start()
        for unit in units:
            following = unit.match(text, end)
            if following is None:
                break
            end = following.end()
        shortened = _SHORTENED.match(text, end)
        if shortened is not None:
            yield match.start(), shortened.start(1)


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order; those that overlap become one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


# Kept because every line of a log is masked by the same few secrets.
@lru_cache(maxsize=64)
def _compile_secrets(secrets: tuple[str, ...]) -> _Secrets | None:
    """Return the patterns of all forms of some secrets, the longest first; None if there are none."""
    parts = sorted(
        {part for secret in secrets for part in _split_lines(secret)}, key=lambda part: (-len(part), part)
    )
    if not parts:
        return None
    patterns = [_guard_word(build_pattern(part), len(part)) for part in parts]
    encoded = {form for part in parts for form in _encode_bytes(part)}
    patterns += [
        _guard_word(re.escape(form), len(form))
        for form in sorted(encoded, key=lambda form: (-len(form), form))
    ]
    long = [units for part in parts if len(units := split_units(part.strip())) > _MIN_BEGINNING]
    return _Secrets(
        re.compile("|".join(patterns)),
        tuple(tuple(map(re.compile, units)) for units in long),
        tuple(re.compile("".join(units[:_MIN_BEGINNING])) for units in long),
    )


def _guard_word(pattern: str, length: int) -> str:
    return pattern if length >= MIN_SECRET_LENGTH else rf"(?<!\w)(?:{pattern})(?!\w)"


def _split_lines(secret: str) -> Iterator[str]:
    """Yield a secret, and each of its lines that is long enough to be one by itself."""
    if secret:
        yield secret
    lines = secret.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= _MIN_LINE_LENGTH)


def _encode_bytes(secret: str) -> Iterator[str]:
    """Yield the forms that are no escapes of its characters: hexadecimal digits and Base64."""
    data = secret.encode("utf-8", "surrogatepass")
    yield from (data.hex(), data.hex().upper())
    yield from _encode_base64(data)
