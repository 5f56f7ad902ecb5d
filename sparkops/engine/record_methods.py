"""The engine's methods for recorded runs: follow, compare, trace, export, import and remove.

Only `replay` and `debug` start Spark.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkops.engine.has_container import HasContainer
    from sparkops.engine.operations.comparison.replay_run import ReplayOptions
    from sparkops.engine.operations.prune import OldVerdict
    from sparkops.engine.project import LoadedProject
    from sparkops.pipeline.reports.replay_verdict import ReplayVerdict
    from sparkops.runs.compare.difference import RunComparison
    from sparkops.runs.lineage.graph import Direction, Lineage
    from sparkops.runs.records.archive import ExportedRun, ImportedRun
    from sparkops.runs.records.prune import OldRun


class RecordMethods:
    """Methods of `Engine` that work on the records of runs."""

    project: LoadedProject

    def replay(self: HasContainer, run_id: str, *, options: ReplayOptions | None = None) -> ReplayVerdict:
        """Run the job of a recorded run again, and compare the result with what that run published.

        Parameters, versions of tables and models, and the settings by which Spark computes values are the recorded
        ones. Nothing is published.

        Args:
            run_id: The run; `last` is the newest one.
            options: Tolerance of floats, example rows, secrets.

        Raises:
            InputError: The run cannot be replayed; nothing was started.
            VersionGone: What it read or wrote has changed or was removed; the message lists all of it.
            SparkopsError: What stopped the replay.
        """
        from sparkops.engine.operations.comparison.replay_run import ReplayOptions, replay_run

        return replay_run(self.container, run_id, options or ReplayOptions())

    def follow_log(self, run_id: str) -> Iterator[str]:
        """Yield the text of a run's log as it is written, through all further attempts, until the run has ended."""
        from sparkops.runs.records.follow_log import follow_log

        return follow_log(self.project.runs, self.project.runs.resolve_id(run_id))

    def debug(self: HasContainer, run_id: str, *, options: ReplayOptions | None = None) -> Any:
        """Call the job of a run on its recorded inputs under Python's debugger; return what it returned.

        Nothing is recorded, compared or published.

        Args:
            run_id: The run; `last` is the newest one.
            options: Values of secrets, and other values of parameters.

        Raises:
            InputError: The run cannot be replayed, or there is no terminal.
        """
        from sparkops.engine.operations.comparison.debug import debug_run
        from sparkops.engine.operations.comparison.replay_run import ReplayOptions

        return debug_run(self.container, run_id, options or ReplayOptions())

    def diff(self, before: str, after: str) -> RunComparison:
        """Return the differences between two runs, and in sentences what differs in their results and why.

        Args:
            before: One run; see `RunStore.resolve_id`.
            after: The other one.

        Raises:
            UnknownName: There is no such run.
        """
        from sparkops.engine.operations.comparison.compare_runs import diff_runs

        return diff_runs(self.project, before, after)

    def lineage(self, name: str, *, direction: Direction = "both", depth: int | None = None) -> Lineage:
        """Return the recorded runs, tables and models that a version was made from, and what was made from it.

        Args:
            name: `TABLE`, `TABLE@VERSION`, `MODEL` or `MODEL/VERSION`.
            direction: `up` to what it was made from, `down` to what was made from it, or `both`.
            depth: Number of runs that are followed in each direction; None for all.

        Raises:
            InputError: No recorded run read or wrote it.
        """
        from sparkops.engine.operations.trace_lineage import trace_lineage

        return trace_lineage(self.project, name, direction=direction, depth=depth)

    def export_run(self, run_id: str, path: Path | str) -> ExportedRun:
        """Write a run, with its logs, to one file.

        Raises:
            InputError: The run has not ended, or the file exists.
        """
        from sparkops.runs.records.archive import export_run

        return export_run(self.project.runs, run_id, Path(path))

    def import_run(self, path: Path | str) -> ImportedRun:
        """Add the run of a file that `export_run` wrote to the runs of this project.

        Raises:
            InputError: The file is damaged or of another format, or another run has its id; nothing is imported.
        """
        from sparkops.runs.records.archive import import_run

        return import_run(self.project.runs, Path(path))

    def prune_runs(self, *, keep: timedelta, dry_run: bool = False) -> tuple[OldRun, ...]:
        """Remove the records and logs of runs that ended longer ago than `keep`, and return what was removed.

        Kept are runs that are active, have begun to publish, are the newest done run of their job, or are protected.

        Args:
            keep: Time for which every run is kept.
            dry_run: Remove nothing, and return what would be removed.
        """
        from sparkops.engine.operations.prune import prune_runs

        return prune_runs(self.project, keep=keep, dry_run=dry_run)

    def prune_verdicts(
        self: HasContainer, *, keep: timedelta, dry_run: bool = False
    ) -> tuple[OldVerdict, ...]:
        """Remove the verdicts of checks about versions that no table has any more, and older ones than `keep`.

        Verdicts about the newest version of a table stay. What is removed is computed again if it is needed.

        Args:
            keep: Time for which every verdict about a version that can be read is kept.
            dry_run: Remove nothing, and return what would be removed.
        """
        from sparkops.engine.operations.prune import prune_verdicts

        return prune_verdicts(self.container, keep=keep, dry_run=dry_run)
