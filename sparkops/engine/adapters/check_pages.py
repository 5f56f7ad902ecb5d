"""Pages of checkpoints in the project's Data Docs."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sparkops.config.settings import Settings
from sparkops.pipeline.checks.checkpoint import CheckpointFacts
from sparkops.reports.check_docs import DataDocs

_log = logging.getLogger("sparkops.engine")


def locate_docs(settings: Settings) -> Path:
    """Return the folder of a project's Data Docs."""
    return settings.state / "gx" / "docs"


@dataclass(frozen=True, slots=True)
class CheckPages:
    """Writes the pages of checkpoints.

    Args:
        docs: The project's Data Docs; None writes no pages.
    """

    docs: DataDocs | None

    @classmethod
    def of(cls, settings: Settings, secrets: tuple[str, ...]) -> CheckPages:
        """Return the pages of a project, which show none of these secrets."""
        return cls(DataDocs(locate_docs(settings), secrets) if settings.checks.docs else None)

    def find(self, tables: Iterable[str], run_id: str) -> list[Path]:
        """Return the existing pages of these tables and one run."""
        docs = self.docs
        pages = [] if docs is None else [docs.locate_page(table, run_id) for table in dict.fromkeys(tables)]
        return [page for page in pages if page.is_file()]

    def write(self, facts: CheckpointFacts | None) -> Path | None:
        """Write the page of a checkpoint and return its path; None if there is no page.

        An error is logged as a warning, because the table may be published already.
        """
        if self.docs is None or facts is None:
            return None
        try:
            return self.docs.write(facts)
        except Exception as error:  # noqa: BLE001 - whatever fails here, the run keeps its state
            page = self.docs.locate_page(facts.table, facts.run_id)
            reason = f"{type(error).__name__}: {error}"
            _log.warning("the page of the checks of `%s`, %s, was not written: %s", facts.table, page, reason)
            return None
