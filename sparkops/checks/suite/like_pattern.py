"""SQL's LIKE patterns as Java regular expressions, as Spark converts them."""

from __future__ import annotations

from collections.abc import Iterator

# The default of Spark SQL.
_ESCAPE = "\\"
_WILDCARDS = {"%": ".*", "_": "."}
_SPECIAL = frozenset("\\^$.|?*+()[]{}#&-~")


def like_to_regex(pattern: str, escape: str | None = None) -> str:
    """Return the Java regular expression that matches the same whole texts as a LIKE pattern.

    Args:
        pattern: `%` stands for any text, `_` for one character.
        escape: The character after which `%`, `_` and the character itself are literal; a backslash by default.

    Raises:
        ValueError: The escape character precedes another character, or nothing.
    """
    return rf"(?s)\A{''.join(_translate(pattern, escape or _ESCAPE))}\z"


def _translate(pattern: str, escape: str) -> Iterator[str]:
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            escaped = next(characters, "")
            if escaped not in (*_WILDCARDS, escape):
                following = f"precedes `{escaped}`" if escaped else "ends the pattern"
                raise ValueError(
                    f"the escape character `{escape}` {following}; it may only precede `%`, `_` or itself"
                )
            yield _quote(escaped)
        else:
            yield _WILDCARDS.get(character) or _quote(character)


def _quote(character: str) -> str:
    return f"\\{character}" if character in _SPECIAL else character
