"""How the processes of models run: in which environment, where environments are kept, how long an answer may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sparkops.config.settings import Settings


def _home() -> Path:
    return Path.home() / ".cache" / "sparkops" / "environments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a model's own process runs.

    Args:
        environment: "this" interpreter, one of its "own", or by what is installed here ("auto").
        home: Folder that keeps environments.
        timeout: Seconds that an answer may take.
    """

    environment: Literal["auto", "this", "own"] = "auto"
    home: Path = field(default_factory=_home)
    timeout: float = 60.0

    @classmethod
    def of(cls, settings: Settings) -> Running:
        """Return what a project's settings say."""
        models = settings.models
        return cls(
            environment=models.environment, home=settings.state / "environments", timeout=models.timeout
        )
