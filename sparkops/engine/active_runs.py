"""The runs that an engine is executing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class ActiveRuns:
    """Ids of the runs that threads of this process are executing for one engine."""

    _ids: dict[str, None] = field(default_factory=dict)

    @contextmanager
    def track(self, run_id: str) -> Iterator[None]:
        """Count a run as active while the block runs."""
        self._ids[run_id] = None
        try:
            yield
        finally:
            self._ids.pop(run_id, None)

    def list_ids(self) -> list[str]:
        """Return the ids, in the order in which the runs began."""
        return list(self._ids)
