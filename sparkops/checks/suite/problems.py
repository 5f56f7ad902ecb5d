"""Errors in a suite, collected and raised together."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from sparkops.errors import ConfigError, Problem


def raise_problems(file: str, problems: Sequence[Problem], *, advice: str = "") -> None:
    """Raise one ConfigError that lists all problems in the order of their lines; do nothing if there are none.

    Args:
        file: How the message names the file.
        problems: What is wrong, and where.
        advice: What else can be done about it, as a last line.
    """
    if not problems:
        return
    in_order = sorted(problems, key=lambda problem: problem.place.line if problem.place else 0)
    lines = "\n".join(f"  - {problem}" for problem in in_order)
    message = f"{file}: {len(problems)} problem{'s' if len(problems) > 1 else ''}\n{lines}"
    raise ConfigError(f"{message}\n{advice}" if advice else message)


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return ` Did you mean ...?` for the known name that is closest, or an empty string if none is close."""
    matches = get_close_matches(name, known, n=1)
    return f" Did you mean `{matches[0]}`?" if matches else ""
