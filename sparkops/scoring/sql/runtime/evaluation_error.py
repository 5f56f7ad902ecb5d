"""Why an expression has no value for a row: what Spark raises in ANSI mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ....errors import RowError

_SHOWN = 80


class Fault(Exception):
    """An expression that Spark refuses to evaluate; says why, without the row."""


def refused(
    stage: str, text: str, names: Sequence[str], fields: Sequence[str | None]
) -> Callable[..., NoReturn]:
    """Return what turns a fault into the refusal of a row, with the stage, the expression and its values.

    Args:
        stage: The Spark stage.
        text: The expression, written out.
        names: Columns that it reads.
        fields: Input field behind each column, where one is known.
    """

    def problem(fault: Fault, *values: Any) -> NoReturn:
        shown = ", ".join(f"{name} = {_short(value)}" for name, value in zip(names, values, strict=True))
        given = f", with {shown}" if shown else ""
        field = next((item for item in fields if item), None)
        raise RowError(
            f"Expression `{text}` {fault}{given} ({stage}).", field=field, value=values[0] if values else None
        ) from None

    return problem


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."
