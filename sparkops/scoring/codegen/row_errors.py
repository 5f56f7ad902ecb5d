"""Errors that the code of a row raises: a function for each kind, with a message that names field, value and stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ...core.wording import did_you_mean
from ...errors import EndlessRow, RowError, RowRejected

Refusal = Callable[[Any], NoReturn]
_MAX_LABELS_SHOWN = 12


def make_missing_refusal(name: str, stage: str, *, drop: bool = False) -> Refusal:
    """Return the function that refuses a row for a null or NaN.

    Args:
        name: Input field, or column, that holds the value.
        stage: The Spark stage, for the message.
        drop: Raise RowRejected, because the model skips such rows, instead of RowError.
    """
    error, verb = _choose_error_and_verb(drop=drop)

    def refuse(value: Any) -> NoReturn:
        missing = "null" if value is None else "NaN"
        raise error(
            f"Field `{name}` is {missing}, and the model {verb} that ({stage}).", field=name, value=value
        )

    return refuse


def make_unseen_refusal(name: str, stage: str, labels: Sequence[str], *, drop: bool = False) -> Refusal:
    """Return the function that refuses a row for a value that training did not see; see `make_missing_refusal`."""
    error, verb = _choose_error_and_verb(drop=drop)
    more = ", ..." if len(labels) > _MAX_LABELS_SHOWN else ""
    allowed = ", ".join(labels[:_MAX_LABELS_SHOWN]) + more

    def refuse(value: Any) -> NoReturn:
        if value is None:
            make_missing_refusal(name, stage, drop=drop)(value)
        raise error(
            f"Field `{name}`: value {value!r} was not seen in training, and the model {verb} that ({stage})."
            f"{did_you_mean(str(value), labels)} Allowed: {allowed}.",
            field=name,
            value=value,
        )

    return refuse


def make_value_refusal(name: str, stage: str, reason: str, *, drop: bool = False) -> Refusal:
    """Return the function that refuses a row for a value; `reason` is a predicate such as `is out of range`."""
    error, _ = _choose_error_and_verb(drop=drop)

    def refuse(value: Any) -> NoReturn:
        raise error(f"Field `{name}`: value {value!r} {reason} ({stage}).", field=name, value=value)

    return refuse


def _choose_error_and_verb(*, drop: bool) -> tuple[type[RowError], str]:
    return (RowRejected, "skips rows with") if drop else (RowError, "refuses")


def make_endless_refusal(name: str, stage: str) -> Refusal:
    """Return the function that refuses a row for a value on which the iteration of Spark does not end."""

    def refuse(value: Any) -> NoReturn:
        raise EndlessRow(
            f"Field `{name}`: value {value!r} is not a count, "
            f"and the iteration of Spark does not end for it ({stage}).",
            field=name,
            value=value,
        )

    return refuse
