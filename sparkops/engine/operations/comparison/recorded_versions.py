"""Require that the versions which a run read and wrote are still there, so that it can be replayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sparkops.engine.operations.comparison.replay_results import find_missing_result
from sparkops.errors import SparkopsError, VersionGone
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values.tables import pin_from_json
from sparkops.pipeline.write import Write
from sparkops.runs.records.run import Run
from sparkops.runs.replay.requirements import describe_changed_pin

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer
    from sparkops.engine.project import LoadedProject


def require_unchanged(container: ServiceContainer, original: Run, job: Job) -> None:
    """Refuse a replay whose inputs, models or recorded results are not there any more.

    Raises:
        VersionGone: The message lists everything that changed or was removed.
    """
    problems = [
        *_find_changed_inputs(container, original, job),
        *_find_missing_models(container.project, original),
        *_find_missing_outputs(container, original, {write.table: write for write in job.writes}),
        *find_missing_result(container, original),
    ]
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise VersionGone(
            f"Run {original.id} cannot be replayed, because what it read or wrote has changed or was removed:\n{lines}"
        )


def _find_changed_inputs(container: ServiceContainer, original: Run, job: Job) -> Iterator[str]:
    """Yield a sentence for each input table whose recorded version is gone, or of another table."""
    for name in job.tables:
        if name not in original.inputs:
            yield f"`{name}` is an input of the job now, and was not one of the run."
            continue
        recorded = pin_from_json(name, original.inputs[name])
        try:
            present = container.tables.pin(name, at=recorded.version)
        except SparkopsError as error:
            yield str(error)
            continue
        change = describe_changed_pin(recorded, present)
        if change is not None:
            yield change


def _find_missing_models(project: LoadedProject, original: Run) -> Iterator[str]:
    """Yield a sentence for each version of a model that the registry no longer has."""
    for name, version in original.models.items():
        try:
            project.models.resolve(name, version)
        except SparkopsError as error:
            yield f"Model `{name}` version {version}: {error}"


def _find_missing_outputs(
    container: ServiceContainer, original: Run, writes: Mapping[str, Write]
) -> Iterator[str]:
    """Yield a sentence for each published version that cannot be compared with a replay any more."""
    for name, output in original.outputs.items():
        try:
            present = container.tables.pin(name, at=output["version"])
        except SparkopsError as error:
            yield str(error)
            continue
        if present.identity != output["identity"]:
            yield f"`{name}` was created again: its version {output['version']}, which the run published, is gone."
        elif name in writes:
            yield from _find_missing_predecessor(container, original, writes[name])


def _find_missing_predecessor(container: ServiceContainer, original: Run, write: Write) -> Iterator[str]:
    """Yield why the version before a run's commit cannot be read, if merging or replacing again needs it."""
    from sparkops.tables.compare.committed_rows import CommittedWrite

    output = original.outputs[write.table]
    commit = CommittedWrite(
        write=write, version=output["version"], identity=output["identity"], parameters=original.params
    )
    if commit.needs_before:
        try:
            container.tables.pin(write.table, at=commit.version - 1)
        except SparkopsError as error:
            yield f"The rows before the write are needed to repeat it: {error}"
