"""How often a run is tried, and how long an attempt may take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sparkops.core.duration import MAX_SECONDS, parse_duration

# The pause doubles at most so many times.
_MAX_DOUBLINGS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPolicy:
    """How often a run is tried, and how long an attempt may take.

    Args:
        retries: Attempts after the first one.
        backoff: Seconds before the first retry; each further pause is twice as long, up to 64 times the first.
        retry_on: Exceptions after which a run is tried again; by default all but those that another attempt would meet
            again, such as failed checks.
        timeout: Seconds that an attempt may take; None for any time.
    """

    retries: int = 0
    backoff: float = 0.0
    retry_on: tuple[type[BaseException], ...] = ()
    timeout: float | None = None

    def compute_pause(self, attempt: int) -> float:
        """Return the seconds to wait after an attempt, numbered from 1."""
        return min(self.backoff * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS), MAX_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOptions:
    """The arguments `retries`, `backoff`, `retry_on` and `timeout` of the `@job` decorator as they are given."""

    retries: Any = 0
    backoff: Any = None
    retry_on: tuple[Any, ...] = ()
    timeout: Any = None

    def find_problems(self) -> Iterator[str]:
        """Yield what is wrong with the arguments."""
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            yield f"retries={self.retries!r} is not a number of attempts: write 0, 1, 2, ..."
        for name, value in (("backoff", self.backoff), ("timeout", self.timeout)):
            if value is not None and _parse_positive(value) is None:
                yield f"{name}={value!r} is not a duration: write '10 seconds', '5 minutes' or '1 hour'"
        for value in self.retry_on:
            if not is_exception_class(value):
                yield f"retry_on has {value!r}, which is no exception class"
        if not self.retries and (self.backoff is not None or self.retry_on):
            yield "backoff= and retry_on= are for a job that is retried: give retries="

    def to_policy(self) -> AttemptPolicy:
        """Return the policy that valid arguments declare."""
        return AttemptPolicy(
            retries=self.retries,
            backoff=_parse_positive(self.backoff) or 0.0,
            retry_on=self.retry_on,
            timeout=_parse_positive(self.timeout),
        )


def to_exception_classes(value: Any) -> tuple[Any, ...]:
    """Return `retry_on` as a tuple: it may be one class."""
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)


def is_exception_class(value: Any) -> bool:
    """Return whether a value is a class of exceptions, or may be one of a library that is not imported yet."""
    if getattr(value, "__placeholder__", False):
        return True
    return isinstance(value, type) and issubclass(value, BaseException)


def _parse_positive(text: Any) -> float | None:
    """Return the seconds of a duration, or None for a value that is no positive duration."""
    if not isinstance(text, str):
        return None
    try:
        seconds = parse_duration(text).total_seconds()
    except ValueError:
        return None
    return seconds if 0 < seconds <= MAX_SECONDS else None
