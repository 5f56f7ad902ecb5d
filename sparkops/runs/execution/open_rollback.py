"""Refuse to write a table or model while a rollback of it is not complete."""

from __future__ import annotations

from collections.abc import Collection

from sparkops.errors import TableBusy, UnknownName
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.runs.records.attempt_files import DamagedRecord, EmptyRecord
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.store import RunStore


def require_no_open_rollback(
    runs: RunStore, publications: PublicationJournal, written: Collection[str]
) -> None:
    """Refuse to write what an interrupted rollback has still to restore; called while the locks are held.

    Args:
        runs: The records.
        publications: The runs that have begun to publish and are not complete.
        written: Names of the tables and models.

    Raises:
        TableBusy: A rollback is not complete.
    """
    for publication in publications.list_open():
        if not publication.is_rollback or not _is_incomplete(runs, publication.run):
            continue
        plan = runs.read(publication.run).rollback or {}
        models = [change["model"] for change in plan.get("models", ())]
        # Whoever writes a table may write its quarantine, too.
        tables = [name.removesuffix(QUARANTINE_SUFFIX) for name in publication.before]
        bases = {name.removesuffix(QUARANTINE_SUFFIX) for name in written}
        names = sorted({*tables, *models} & bases)
        if names:
            raise TableBusy(
                f"`{names[0]}` is being rolled back by run {publication.run}, which is not complete. Complete it, then "
                f"run again: `sparkops runs resume {publication.run}`."
            )


def _is_incomplete(runs: RunStore, run_id: str) -> bool:
    try:
        return runs.read(run_id).state not in ("done", "rolled_back")
    except (DamagedRecord, EmptyRecord, UnknownName):
        return False
