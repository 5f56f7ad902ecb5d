"""What a row's code calls when a value cannot be used: one clear message for each kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from ...errors import RowError, RowRejected

Refusal = Callable[[Any], NoReturn]
_SHOWN = 12


def refuse_missing(name: str, stage: str, *, drop: bool = False) -> Refusal:
    """Return what refuses, or drops, a row for a null or NaN."""
    kind, verb = _kind(drop=drop)

    def problem(value: Any) -> NoReturn:
        what = "null" if value is None else "NaN"
        raise kind(f"Field `{name}` is {what}, and the model {verb} that ({stage}).", field=name, value=value)

    return problem


def refuse_unseen(name: str, stage: str, labels: Sequence[str], *, drop: bool = False) -> Refusal:
    """Return what refuses, or drops, a row for a value that training did not see."""
    kind, verb = _kind(drop=drop)
    more = ", ..." if len(labels) > _SHOWN else ""
    allowed = ", ".join(labels[:_SHOWN]) + more

    def problem(value: Any) -> NoReturn:
        if value is None:
            refuse_missing(name, stage, drop=drop)(value)
        near = get_close_matches(str(value), labels, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise kind(
            f"Field `{name}`: value {value!r} was not seen in training, and the model {verb} that ({stage})."
            f"{hint} Allowed: {allowed}.",
            field=name,
            value=value,
        )

    return problem


def refuse_value(name: str, stage: str, why: str, *, drop: bool = False) -> Refusal:
    """Return what refuses, or drops, a row for a value out of range."""
    kind, _ = _kind(drop=drop)

    def problem(value: Any) -> NoReturn:
        raise kind(f"Field `{name}`: value {value!r} {why} ({stage}).", field=name, value=value)

    return problem


def _kind(*, drop: bool) -> tuple[type[RowError], str]:
    return (RowRejected, "skips rows with") if drop else (RowError, "refuses")
