"""What a row's code calls when a value cannot be used: one clear message for each kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from ...errors import RowError, RowRejected

Problem = Callable[[Any], NoReturn]
_SHOWN = 12


def missing(name: str, stage: str, *, drop: bool = False) -> Problem:
    """Return what refuses, or drops, a row for a null or NaN."""
    kind, verb = _kind(drop=drop)

    def problem(value: Any) -> NoReturn:
        what = "null" if value is None else "NaN"
        raise kind(f"Field `{name}` is {what}, and the model {verb} that ({stage}).", field=name, value=value)

    return problem


def unseen(name: str, stage: str, labels: Sequence[str], *, drop: bool = False) -> Problem:
    """Return what refuses, or drops, a row for a value that training did not see."""
    kind, verb = _kind(drop=drop)
    more = ", ..." if len(labels) > _SHOWN else ""
    allowed = ", ".join(labels[:_SHOWN]) + more

    def problem(value: Any) -> NoReturn:
        if value is None:
            missing(name, stage, drop=drop)(value)
        near = get_close_matches(str(value), labels, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise kind(
            f"Field `{name}`: value {value!r} was not seen in training, and the model {verb} that ({stage})."
            f"{hint} Allowed: {allowed}.",
            field=name,
            value=value,
        )

    return problem


def outside(name: str, stage: str, why: str, *, drop: bool = False) -> Problem:
    """Return what refuses, or drops, a row for a value out of range."""
    kind, _ = _kind(drop=drop)

    def problem(value: Any) -> NoReturn:
        raise kind(f"Field `{name}`: value {value!r} {why} ({stage}).", field=name, value=value)

    return problem


def misfit(row: Any, needed: Sequence[str], ignored: Sequence[str]) -> None:
    """Refuse a row that lacks a field, or holds one that the model does not know."""
    lacking = [name for name in needed if name not in row]
    if lacking:
        names = ", ".join(f"`{name}`" for name in lacking)
        verb = "is" if len(lacking) == 1 else "are"
        strange = ", ".join(f"`{name}`" for name in row if name not in needed and name not in ignored)
        known = f", and {strange} not known" if strange else ""
        raise RowError(
            f"Field {names} {verb} missing{known}; the model reads {', '.join(needed)}.", field=lacking[0]
        )
    for name in row:
        if name not in needed and name not in ignored:
            near = get_close_matches(str(name), needed, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"it reads {', '.join(needed)}."
            raise RowError(
                f"Field `{name}` is not known to this model: {hint}", field=str(name), value=row[name]
            )


def _kind(*, drop: bool) -> tuple[type[RowError], str]:
    return (RowRejected, "skips rows with") if drop else (RowError, "refuses")
