"""A translated part of a Java pattern, with what is known of its matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegexNode:
    """A translated part of a pattern.

    Args:
        text: The Python pattern.
        may_be_empty: Whether it may match the empty string.
        is_ambiguous: Whether it may match one text in several ways.
        pair: Python patterns of two characters, if it is the first one followed by repetitions of the second.
        character: Python pattern of the single character that it matches or repeats, if any.
        is_position: Whether it matches positions only, no characters.
        repetitions: Number of repetitions of many characters in it.
        backtracking: Number of those that are tried again if the match fails after them, where nothing follows.
    """

    text: str
    may_be_empty: bool = False
    is_ambiguous: bool = False
    pair: tuple[str, str] | None = None
    character: str = ""
    is_position: bool = False
    repetitions: int = 0
    backtracking: int = 0


def find_pair(nodes: Sequence[RegexNode]) -> tuple[str, str] | None:
    """Return the patterns of two characters, if the nodes are one followed by repetitions of the other; else None."""
    if len(nodes) != 2 or nodes[0].is_ambiguous or not nodes[0].character or not nodes[1].character:  # noqa: PLR2004
        return None
    return nodes[0].character, nodes[1].character
