"""The base of all sections of the settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of the settings; unknown keys are errors.

    The string under each field is its description in docs/reference/configuration.md; its last line is an example.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
