"""What a rollback has to know beside the records of runs: the histories of tables and the aliases of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sparkops.pipeline.table import Commit
from sparkops.runs.records.run import Run
from sparkops.runs.rollback.plan import Aliases

# Operations of commits that change neither rows nor columns nor properties.
_MAINTENANCE: Final = frozenset({"OPTIMIZE", "VACUUM START", "VACUUM END", "REORG"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHistory:
    """The commits of a Delta table.

    Args:
        table: Name in the catalog.
        identity: Delta's id of the table.
        commits: Those that its log still has, newest first.
    """

    table: str
    identity: str
    commits: Sequence[Commit]

    @property
    def changes(self) -> Sequence[Commit]:
        """Return the commits without those that only maintain files."""
        return [commit for commit in self.commits if commit.operation not in _MAINTENANCE]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRegistration:
    """A model version that a run registered.

    Args:
        model: Registered name.
        version: The version.
        before: Aliases of the model before the run.
        after: Aliases that the run left.
    """

    model: str
    version: int
    before: Aliases
    after: Aliases


class RollbackEvidence(Protocol):
    """Reads tables and the model registry."""

    def list_written(self, run: Run) -> Sequence[str]:
        """Return the tables, with their quarantines, that a run may have written; existing or not."""

    def find_history(self, table: str) -> TableHistory | None:
        """Return the history of a table; None if there is no Delta table of that name."""

    def find_release(self, release: str) -> Sequence[str]:
        """Return the table and the quarantine of a release; empty if there is no such release."""

    def find_registration(self, run: Run) -> ModelRegistration | None:
        """Return the model version that a run registered, or None."""

    def read_aliases(self, model: str) -> Aliases:
        """Return the present aliases of a model."""
