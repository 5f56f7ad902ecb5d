"""Declare the function that computes the output of a stage for one row, so that models with the stage are compiled."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from ..errors import DeclarationError

STAGE_ATTRIBUTE: Final = "row_function"
"""Attribute of a stage's class that holds its row function."""
RETURNS_ATTRIBUTE: Final = "sparkops_returns"
"""Attribute of a row function that holds the types of its values."""

Function = TypeVar("Function", bound=Callable[..., Any])


def row_function(*, returns: str | Sequence[str]) -> Callable[[Function], Function]:
    """Declare a function of a module as the row function of a stage of your own.

    The stage's class names it: `row_function = root`. The function gets the stage's parameters as a mapping of name to
    value, then the value of each input column (`inputCol` or `inputCols`), None for null; it returns the value of
    `outputCol`, or a tuple of those of `outputCols`. It must return the same for the same arguments.

    Args:
        returns: Spark's type of the output column, such as "double", "string", "array<string>" or "vector(3)"; a list
            of types for several columns.

    Raises:
        DeclarationError: It decorates no function of a module.
    """
    types = (returns,) if isinstance(returns, str) else tuple(returns)

    def declare(function: Function) -> Function:
        if not inspect.isfunction(function) or function.__qualname__ != function.__name__:
            raise DeclarationError(
                "@row_function decorates a function at the top of a module, not "
                f"{getattr(function, '__qualname__', function)!r}."
            )
        setattr(function, RETURNS_ATTRIBUTE, types)
        return function

    return declare


def find_row_function(stage: type) -> Any:
    """Return the row function that a stage's class itself names; None if there is none.

    One that a base class names does not count.
    """
    function = vars(stage).get(STAGE_ATTRIBUTE)
    function = function.__func__ if isinstance(function, staticmethod) else function
    return function if callable(function) else None
