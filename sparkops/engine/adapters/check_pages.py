"""Pages of checkpoints in the project's Data Docs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkops.checks.outcome import GateOutcome
from sparkops.checks.results import Validation
from sparkops.config.settings import Settings
from sparkops.reports.check_docs import DataDocs
from sparkops.reports.check_page import CheckedExpectation, CheckpointFacts

log = logging.getLogger("sparkops.engine")

# Keys of a result that the page shows elsewhere; then beginnings of keys that repeat counts.
_SHOWN_ELSEWHERE = {"observed_value", "element_count", "partial_unexpected_list"}
_COUNT_PREFIXES = ("unexpected_", "missing_percent")


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
    def of(cls, settings: Settings) -> CheckPages:
        """Return the pages of a project."""
        return cls(DataDocs(locate_docs(settings)) if settings.checks.docs else None)

    def find(self, tables: Iterable[str], run_id: str) -> list[Path]:
        """Return the existing pages of these tables and one run."""
        docs = self.docs
        pages = [] if docs is None else [docs.page(table, run_id) for table in dict.fromkeys(tables)]
        return [page for page in pages if page.is_file()]

    def write(self, outcome: GateOutcome, *, is_published: bool = True) -> Path | None:
        """Write the page of a checkpoint and return its path.

        An error is logged as a warning, because the table may be published already.

        Args:
            outcome: What the checkpoint decided.
            is_published: Whether its run publishes the rows; False for the check of an existing table, and for a run that
                refused them for another reason.

        Returns:
            None if there is no page.
        """
        if self.docs is None or outcome.validation is None:
            return None
        try:
            return self.docs.write(_collect_facts(outcome, outcome.validation, is_published=is_published))
        except Exception as error:  # noqa: BLE001 - whatever fails here, the run keeps its state
            page = self.docs.page(outcome.table, outcome.run_id)
            reason = f"{type(error).__name__}: {error}"
            log.warning(
                "the page of the checks of `%s`, %s, was not written: %s", outcome.table, page, reason
            )
            return None


def _collect_facts(outcome: GateOutcome, validation: Validation, *, is_published: bool) -> CheckpointFacts:
    suite = validation.suite
    expectations = tuple(
        CheckedExpectation(
            result=result,
            notes=_format_notes(suite.expectations[index].meta, result.kwargs),
            details=_select_details(validation, index),
        )
        for index, result in enumerate(outcome.results)
    )
    return CheckpointFacts(
        table=outcome.table,
        run_id=outcome.run_id,
        time=validation.time,
        expectations=expectations,
        suite=suite.place.file,
        blocked=outcome.blocked,
        is_published=is_published,
        rows=outcome.rows,
        quarantined=outcome.quarantined,
        block_reason=outcome.block_reason,
    )


def _format_notes(meta: Mapping[str, Any], kwargs: Mapping[str, Any]) -> str:
    """Return the description and the notes of an expectation, and the other facts of its `meta`."""
    notes = [kwargs.get("description"), meta.get("notes"), kwargs.get("notes")]
    notes += [f"{name}: {value}" for name, value in meta.items() if name != "notes"]
    return " · ".join(str(note) for note in notes if note)


def _select_details(validation: Validation, index: int) -> dict[str, Any]:
    """Return the other values of a failed result, such as the missing values of a set."""
    result = validation.results.get(index)
    if result is None or result.success:
        return {}
    return {
        key: value
        for key, value in result.result.items()
        if value not in (None, [], {}, 0)
        and key not in _SHOWN_ELSEWHERE
        and not key.startswith(_COUNT_PREFIXES)
    }
