"""What led to a page, as values: the runs, and the versions that they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OriginKind = Literal["run", "table", "source", "model"]
Tone = Literal["", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A run, or a version that a run read.

    Args:
        id: Its id, unique within a page.
        kind: What it is.
        title: Name of the job, or name and version.
        notes: Further facts.
        result: Result of the run's checks, or its state if it is not done.
        tone: Tone of the result.
    """

    id: str
    kind: OriginKind
    title: str
    notes: tuple[str, ...] = ()
    result: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLineage:
    """What led to a page.

    Args:
        origins: The run of the page first, then what it read, then the runs that published that, and so on.
        edges: Pairs of ids, in the direction of the data: version to run, run to version.
    """

    origins: tuple[Origin, ...]
    edges: tuple[tuple[str, str], ...]

    def list_sources(self, target: str) -> list[str]:
        """Return what an origin was made from."""
        return [source for source, end in self.edges if end == target]
