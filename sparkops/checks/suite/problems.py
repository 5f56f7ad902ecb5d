"""Errors in a suite, collected and raised together."""

from __future__ import annotations

from collections.abc import Sequence

from sparkops.core.wording import format_count
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
    message = f"{file}: {format_count(len(problems), 'problem')}\n{lines}"
    raise ConfigError(f"{message}\n{advice}" if advice else message)
