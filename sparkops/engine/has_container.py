"""The part of an engine that its groups of methods need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


class HasContainer(Protocol):
    """An engine with its services."""

    @property
    def container(self) -> ServiceContainer:
        """Return the services."""
