"""Refuse to continue a run whose inputs were undone since by a rollback: it would publish their rows again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from sparkops.errors import InputError
from sparkops.runs.records.attempt_files import DamagedRecord, EmptyRecord
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore
from sparkops.runs.rollback.plan import JOB


def require_inputs_in_effect(
    runs: RunStore, run: Run, *, inputs: Mapping[str, Any], models: Mapping[str, int]
) -> None:
    """Refuse to continue a run that read what a rollback has undone.

    Args:
        runs: The records.
        run: The run, as its earlier attempts recorded it.
        inputs: The versions of tables that it reads again, as in its record.
        models: The versions of models that it uses again.

    Raises:
        InputError: A rollback has undone one of them since the run began.
    """
    if not inputs and not models:
        return
    for rollback in runs.list_newest(job=JOB, state="done"):
        is_later = rollback.ended is not None and (run.started is None or rollback.ended >= run.started)
        if rollback.rollback is None or not is_later:
            continue
        undone = chain(_find_tables(rollback.rollback, inputs), _find_models(runs, rollback.rollback, models))
        first = next(undone, None)
        if first is not None:
            raise InputError(
                f"Run {run.id} read {first}, which rollback {rollback.id} has undone since, and is not resumed: run "
                f"`{run.job}` again, or take the rollback back: `sparkops rollback {rollback.id}`."
            )


def _find_tables(plan: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table versions among the inputs that a rollback has undone, in words."""
    for item in plan["tables"]:
        pin = inputs.get(item["table"], {})
        version = pin.get("version")
        is_same = version is not None and pin.get("identity") == item["identity"]
        if is_same and item["first"] <= version <= item["newest"]:
            yield f"version {version} of `{item['table']}`"


def _find_models(runs: RunStore, plan: Mapping[str, Any], models: Mapping[str, int]) -> Iterator[str]:
    """Yield the used model versions whose run a rollback has undone, in words."""
    for item in plan["runs"] if models else ():
        try:
            registered = runs.read(item["run"]).registered
        except (DamagedRecord, EmptyRecord):
            continue
        if registered is not None and models.get(registered["name"]) == registered["version"]:
            yield f"model `{registered['name']}/{registered['version']}`"
