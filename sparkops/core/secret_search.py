"""Search a text for secrets in all their forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sparkops.core.secret_forms import (
    MIN_BEGINNING,
    Form,
    build_forms,
    build_start,
    build_units,
    split_secret,
)
from sparkops.core.text_views import list_views

# Characters of a form of Base64 by which its beginning at the end of a text is recognised.
_MIN_OPEN: Final = 16
# The mark of a shortened text, perhaps after a part of an escape.
_SHORTENED: Final = re.compile(r"\S{0,7}?\s?(…|\.\.\.)")
# What may follow the first part of a secret at the end of a line: quotes and backslashes of a fold.
_LINE_END: Final = re.compile(r"[\"'\\=+,\s]{0,16}\Z")


@dataclass(frozen=True, slots=True)
class SecretPatterns:
    """Compiled patterns of some secrets.

    Args:
        forms: Every secret in every form.
        units: The parts of each secret, in order: a text may be shortened after some of them.
        starts: The first parts of each secret.
    """

    forms: tuple[Form, ...]
    units: tuple[tuple[re.Pattern[str], ...], ...]
    starts: tuple[Form, ...]

    def find_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the start and end of each secret in a text.

        The beginning of a secret is one, too, where the mark of a shortened text follows it.
        """
        spans = self.find_forms(text)
        if "…" in text or "..." in text:
            for start, units in self._list_begun(text):
                spans += _find_beginnings(text, start.pattern, units)
        return _merge(spans) if len(spans) > 1 else spans

    def find_forms(self, text: str) -> list[tuple[int, int]]:
        """Return the start and end of each complete secret, in the text as it is and in its views."""
        spans = self._search(text)
        for view in list_views(text):
            spans += [view.locate(start, end) for start, end in self._search(view.text)]
        return spans

    def find_open(self, text: str) -> int | None:
        """Return where a secret begins that goes on after the end of a text."""
        begins = list(self._list_open(text))
        for view in list_views(text):
            begins += [view.starts[begin] for begin in self._list_open(view.text)]
        return min(begins, default=None)

    def _list_open(self, text: str) -> Iterator[int]:
        """Yield where secrets begin that go on after the end of a text, by their parts or their encoded forms."""
        for start, units in self._list_begun(text):
            for match in start.pattern.finditer(text):
                end, is_complete = _match_units(text, match.start(), units)
                if not is_complete and _LINE_END.match(text, end):
                    yield match.start()
        stripped = text.rstrip()
        for form in self.forms:
            if len(form.spelling) > _MIN_OPEN:
                begin = stripped.find(
                    form.spelling[:_MIN_OPEN], max(0, len(stripped) - len(form.spelling) + 1)
                )
                if begin >= 0 and form.spelling.startswith(stripped[begin:]):
                    yield begin

    def _list_begun(self, text: str) -> Iterator[tuple[Form, tuple[re.Pattern[str], ...]]]:
        """Yield the first parts and all parts of the secrets that may begin in a text."""
        lowered = text.lower()
        for start, units in zip(self.starts, self.units, strict=True):
            if start.needle in lowered:
                yield start, units

    def _search(self, text: str) -> list[tuple[int, int]]:
        lowered = text.lower()
        return [
            match.span()
            for form in self.forms
            if form.needle in lowered
            for match in form.pattern.finditer(text)
        ]


def _match_units(text: str, begin: int, units: tuple[re.Pattern[str], ...]) -> tuple[int, bool]:
    """Return the end of the parts of a secret that follow each other in a text, and whether these are all parts."""
    end = begin
    for unit in units:
        following = unit.match(text, end)
        if following is None:
            return end, False
        end = following.end()
    return end, True


def _find_beginnings(
    text: str, start: re.Pattern[str], units: tuple[re.Pattern[str], ...]
) -> Iterator[tuple[int, int]]:
    """Yield start and end of the beginnings of a secret that are followed by the mark of a shortened text."""
    for match in start.finditer(text):
        end, _ = _match_units(text, match.start(), units)
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
def compile_secrets(secrets: tuple[str, ...], *, min_length: int) -> SecretPatterns | None:
    """Return the patterns of all forms of some secrets; None if there are none.

    Args:
        secrets: The secrets.
        min_length: Length of a secret below which it is found only where it stands as a word.
    """
    parts = sorted(
        {part for secret in secrets for part in split_secret(secret)}, key=lambda part: (-len(part), part)
    )
    if not parts:
        return None
    long = [part for part in parts if len(build_units(part)) > MIN_BEGINNING]
    return SecretPatterns(
        tuple(form for part in parts for form in build_forms(part, as_word=len(part) < min_length)),
        tuple(tuple(build_units(part)) for part in long),
        tuple(map(build_start, long)),
    )
