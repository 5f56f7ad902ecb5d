"""Parts of messages: counts with nouns, suggested names, truncated texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

# A shorter name is part of too many others.
_MIN_PART = 3


def format_count(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: "1 row", "336,775 rows".

    Args:
        count: The count.
        noun: The noun in the singular.
        plural: Its plural, if that is not the singular with an s.
    """
    return f"{count:,} {pluralize(noun, count, plural)}"


def pluralize(noun: str, count: int, plural: str = "") -> str:
    """Return the noun as it follows a count: "row" for 1, "rows" for any other."""
    return noun if count == 1 else plural or f"{noun}s"


def truncate(text: str, length: int) -> str:
    """Return a text of at most `length` characters; a longer one ends with three dots."""
    return text if len(text) <= length else text[: length - 3] + "..."


def find_closest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that differs from the given one in few characters or only in case; None if none does."""
    return next(_find_similar_names(name, list(known), limit=1), None)


def did_you_mean(name: str, known: Iterable[str], *, limit: int = 1) -> str:
    """Return " Did you mean `a` or `b`?", to append to a sentence; empty if no known name is near.

    Similar names come first, then those of which the unknown name is a part: `delays` of `daily_delays`.
    """
    names = list(known)
    longer = [other for other in names if len(name) >= _MIN_PART and name.lower() in other.lower()]
    near = list(dict.fromkeys([*_find_similar_names(name, names, limit=limit), *longer]))[:limit]
    return f" Did you mean {' or '.join(f'`{other}`' for other in near)}?" if near else ""


def _find_similar_names(name: str, known: list[str], *, limit: int) -> Iterator[str]:
    by_lower = {other.lower(): other for other in known}
    return (by_lower[lower] for lower in get_close_matches(name.lower(), by_lower, n=limit))
