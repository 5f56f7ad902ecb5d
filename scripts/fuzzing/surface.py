"""What every surface of the fuzzer shares: its cases, its outcomes, and what counts as a finding."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sparkops.errors import SparkopsError

# JSON values that describe one input completely, so that a finding can be saved and repeated.
Case = dict[str, Any]
# Runs a case in an empty folder and returns the name of its outcome. Any error but those of sparkops is a finding.
RunCase = Callable[[Case, Path], str]

ACCEPTED = "accepted"
# A sentence names what is wrong, where, and what to do: more is a dump of the input. A list of problems has a line for each.
MAX_LINE, MAX_LINES = 8000, 300


class Finding(Exception):
    """A case ended as no case may end."""


@dataclass(frozen=True, slots=True)
class Surface:
    """One interface of sparkops that takes what others wrote.

    Args:
        name: Its name on the command line.
        draw: Returns a random case.
        prepare: Takes a folder, which lasts as long as the context, and yields the function that runs a case.
        seconds: Processor time that one case may take.
    """

    name: str
    draw: Callable[[Random], Case]
    prepare: Callable[[Path], AbstractContextManager[RunCase]]
    seconds: float = 2.0


def describe_refusal(error: SparkopsError) -> str:
    """Return the class of an error for users, after checking that its message can be shown to them.

    Raises:
        Finding: The message is empty, is not printable, or is a dump of the input.
    """
    check_message(str(error))
    return type(error).__name__


def check_message(text: str) -> None:
    """Raise `Finding` for a message that cannot be shown to a user."""
    if not text.strip():
        raise Finding("a message is empty")
    lines = text.splitlines()
    longest = max(lines, key=len)
    if len(longest) > MAX_LINE or len(lines) > MAX_LINES:
        raise Finding(
            f"a message has {len(lines):,} lines, the longest of {len(longest):,} characters: {longest[:300]!r}"
        )
    if "Traceback (most recent call last)" in text or "Unexpected error" in text:
        raise Finding(f"a message is no sentence for users: {text[-1500:]!r}")


def make_random(seed: int, surface: str, index: int) -> Random:
    """Return the random numbers of one case; they do not depend on the cases before it."""
    return Random(f"{seed}/{surface}/{index}")
