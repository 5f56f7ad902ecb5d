"""A typed, named parameter of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sparkops.core.place import Place


class _Required:
    __slots__ = ()

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a job.

    Args:
        name: As in the function's signature.
        annotation: The Python type, with pydantic constraints where it is `Annotated`.
        default: The declared default, or `REQUIRED`.
        help: From the docstring's `Args:` section; empty where there is none.
        place: File and line of the job that declares it.
    """

    name: str
    annotation: Any
    default: Any
    help: str
    place: Place

    @property
    def required(self) -> bool:
        """Return whether a value is required."""
        return self.default is REQUIRED
