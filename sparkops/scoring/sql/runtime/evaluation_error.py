"""The error of an expression that has no value for a row: what Spark raises in ANSI mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ....core.wording import truncate
from ....errors import RowError

_MAX_LENGTH = 80


class EvaluationError(Exception):
    """An expression that Spark refuses to evaluate. The message is a predicate without the row: `divides by zero`."""


class BudgetSpentError(EvaluationError):
    """The texts and arrays that expressions make of one row are larger together than allowed."""


class UnrepresentableError(EvaluationError):
    """A date or a timestamp that Spark can represent and the scorer cannot.

    A `try_` function has no null for it, either.
    """

    def __init__(self, message: str = "leaves the years 1 to 9999") -> None:
        super().__init__(message)


def make_row_refusal(
    stage: str, text: str, names: Sequence[str], fields: Sequence[str | None]
) -> Callable[..., NoReturn]:
    """Return a function that turns an EvaluationError into a RowError with the stage, the expression and its values.

    Args:
        stage: The Spark stage.
        text: The expression as SQL.
        names: Names of the columns that it reads.
        fields: Input field that each column comes from, where known.
    """

    def refuse(error: EvaluationError, *values: Any) -> NoReturn:
        shown = ", ".join(f"{name} = {_shorten(value)}" for name, value in zip(names, values, strict=True))
        values_clause = f", with {shown}" if shown else ""
        field = next((item for item in fields if item), None)
        raise RowError(
            f"Expression `{text}` {error}{values_clause} ({stage}).",
            field=field,
            value=values[0] if values else None,
        ) from None

    return refuse


def _shorten(value: Any) -> str:
    return truncate(repr(value), _MAX_LENGTH)
