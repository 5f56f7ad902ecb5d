"""Compare two pages of one report, part by part, without the facts of their runs."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sparkops.core.control_characters import escape_controls

# The parts of a page that are compared: title, summary, numbers, texts, tables and plots.
_PARTS: Final = re.compile(
    r'<p class="lead">.*?</p>|<h1>.*?</h1>|<div class="number">.*?</div>|<div class="prose">.*?</div>'
    r'|<section class="card">.*?</section>',
    re.DOTALL,
)
_TITLE: Final = re.compile(r"<(?:h2|dt)>(.*?)</(?:h2|dt)>", re.DOTALL)
# Names of the parts that have no title, by the first characters of their source.
_NAMES: Final = {"<h1": "title", "<p ": "summary", "<di": "text"}
_TAG: Final = re.compile(r"<[^>]*>")
# Number of characters that are shown around the first one that differs.
_CONTEXT: Final = 60


@dataclass(frozen=True, slots=True)
class PageDifference:
    """A part of a page that differs.

    Args:
        name: Title of the part.
        recorded: Its text around the first difference in the recorded page; None if that has no such part.
        replayed: The same in the replayed page.
    """

    name: str
    recorded: str | None
    replayed: str | None


def compare_pages(recorded: str, replayed: str) -> Iterator[PageDifference]:
    """Yield the parts of two pages that differ: title, summary, numbers, texts, tables and plots."""
    before, after = dict(_split_parts(recorded)), dict(_split_parts(escape_controls(replayed)))
    for name in dict.fromkeys((*before, *after)):
        first, second = before.get(name), after.get(name)
        if first != second:
            yield PageDifference(name, *_excerpt(first, second))


def count_parts(page: str) -> int:
    """Return the number of parts of a page that are compared."""
    return sum(1 for _ in _split_parts(page))


def _split_parts(page: str) -> Iterator[tuple[str, str]]:
    """Yield name and source of each part; parts of one name are numbered."""
    counts: dict[str, int] = {}
    for match in _PARTS.finditer(page.partition('<section class="facts"')[0]):
        source = match[0]
        title = _TITLE.search(source)
        name = html.unescape(title[1]).strip() if title else _NAMES[source[:3]]
        counts[name] = counts.get(name, 0) + 1
        yield (name if counts[name] == 1 else f"{name} #{counts[name]}"), source


def _excerpt(first: str | None, second: str | None) -> tuple[str | None, str | None]:
    """Return the texts of two sources around the first character that differs."""
    texts = [None if source is None else _to_text(source) for source in (first, second)]
    before, after = (text or "" for text in texts)
    start = next(
        (position for position, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]),
        min(len(before), len(after)),
    )
    begin = max(0, start - _CONTEXT // 3)
    excerpts = [None if text is None else text[begin : begin + _CONTEXT].strip() for text in texts]
    if excerpts[0] is not None and excerpts[0] == excerpts[1]:
        return "another drawing of the same text", "the same text"
    return excerpts[0], excerpts[1]


def _to_text(source: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", source)).split())
